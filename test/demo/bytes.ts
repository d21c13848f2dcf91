// Numbers as people read them, in the terminal and on the page.

const STEPS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** @returns `512 B`, `24.1 MB`: powers of 1000, three digits at most before the point */
export function bytesText(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (value >= 999.5 && step < STEPS.length - 1) {
    value /= 1000;
    step += 1;
  }
  return `${step === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${STEPS[step]}`;
}

export function shareText(share: number | undefined): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(1)} %`;
}
