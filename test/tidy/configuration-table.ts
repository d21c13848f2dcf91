// Writes agent/config/CONFIGURATION.md from the list of options: `node test/tidy/configuration-table.ts`.

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { environmentName } from '../../agent/config/config.ts';
import { OPTIONS, type OptionName } from '../../agent/config/options.ts';

export const CONFIGURATION_FILE: string = fileURLToPath(
  new URL('../../agent/config/CONFIGURATION.md', import.meta.url),
);

/** @returns the reference of every option, as Markdown */
export function configurationReference(): string {
  const rows = (Object.keys(OPTIONS) as OptionName[]).map((name) => {
    const { value, meaning, why, repeated } = OPTIONS[name];
    const times = repeated ? ', repeatable' : '';
    return `| \`--${name} ${value}\`${times} | \`${environmentName(name)}\` | ${meaning} | ${why} |`;
  });
  return `${[
    '# Configuration of an agent',
    '',
    'Every option has one name. It is a flag, a key in the JSON file of `--config FILE` (or `$RINGCAST_CONFIG`), and an',
    'environment variable. Flags win over the environment, which wins over the file. All problems are reported at once,',
    'with exit code 2. This page is generated from `options.ts`: `node test/tidy/configuration-table.ts`.',
    '',
    '| option | environment | meaning | default, and why |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(CONFIGURATION_FILE, configurationReference());
