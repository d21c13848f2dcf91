import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { VERSION } from '../../agent/version.ts';
import { CONFIGURATION_FILE, configurationReference } from './configuration-table.ts';

test('the configuration reference says what the options say', () => {
  expect(readFileSync(CONFIGURATION_FILE, 'utf8')).toBe(configurationReference());
});

test('the software version is that of package.json', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(VERSION).toBe(manifest.version);
});
