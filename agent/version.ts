// The software version, in one place: package.json names the same, and a test holds them equal.

export const VERSION: string = '0.1.0';
