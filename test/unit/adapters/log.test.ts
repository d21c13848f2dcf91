import { expect, test } from 'vitest';
import { type LogOptions, PinoLog } from '../../../agent/adapters/log/log.ts';

function logged(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  const log = new PinoLog({ level: 'info', to, ...options });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

test('writes one JSON line per event with its level, time and fields', () => {
  const { log, lines, last } = logged({ fields: { agent: 'a1' } });
  log.warn('fill.failed', { status: 502, detail: 'two\nlines' });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd()).not.toContain('\n');
  expect(last()).toMatchObject({
    level: 'warn',
    agent: 'a1',
    event: 'fill.failed',
    status: 502,
    detail: 'two\nlines',
  });
  expect(last().time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('leaves out what is below the level', () => {
  const { log, lines } = logged({ level: 'warn' });
  log.debug('a');
  log.info('b');
  log.error('c');
  expect(lines).toHaveLength(1);
});

test('drops the viewer’s address unless it was asked for', () => {
  const quiet = logged();
  quiet.log.info('request', { viewer: '203.0.113.7', status: 200 });
  expect(quiet.lines.join()).not.toContain('203.0.113.7');
  expect(quiet.last().status).toBe(200);
  const open = logged({ viewerAddresses: true });
  open.log.info('request', { viewer: '203.0.113.7' });
  expect(open.last().viewer).toBe('203.0.113.7');
});
