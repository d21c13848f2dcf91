// A strict reader of Prometheus text (version 0.0.4), for tests: anything that is not exposition format throws.

export interface Exposition {
  readonly types: ReadonlyMap<string, string>;
  readonly helps: ReadonlyMap<string, string>;
  readonly samples: readonly ExposedSample[];
}

export interface ExposedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/y;

export function readExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('exposition does not end with a line feed');
  const types = new Map<string, string>();
  const helps = new Map<string, string>();
  const samples: ExposedSample[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (comment?.[2] !== undefined && comment[3] !== undefined) {
      const into = comment[1] === 'HELP' ? helps : types;
      if (into.has(comment[2])) throw new Error(`second ${comment[1]} of ${comment[2]}`);
      into.set(comment[2], comment[3]);
    } else {
      samples.push(readSample(line));
    }
  }
  return { types, helps, samples };
}

/** The one sample with this name and these labels. */
export function sampleValue(
  text: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const wanted = JSON.stringify(Object.entries(labels).sort());
  const found = readExposition(text).samples.filter(
    (sample) => sample.name === name && JSON.stringify(Object.entries(sample.labels).sort()) === wanted,
  );
  if (found.length !== 1 || found[0] === undefined) {
    throw new Error(`${found.length} samples of ${name} ${wanted}, expected 1`);
  }
  return found[0].value;
}

function readSample(line: string): ExposedSample {
  const match = SAMPLE.exec(line);
  if (match?.[1] === undefined || match[3] === undefined) throw new Error(`not a sample: ${line}`);
  // Prometheus reads numbers in any case; prom-client writes `Nan` for a mean of nothing.
  const value = match[3] === '+Inf' ? Number.POSITIVE_INFINITY : Number(match[3]);
  if (Number.isNaN(value) && match[3] !== 'Nan') throw new Error(`not a number: ${line}`);
  return { name: match[1], labels: readLabels(match[2] ?? '', line), value };
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text);
    if (match?.[1] === undefined || match[2] === undefined) throw new Error(`bad labels: ${line}`);
    labels[match[1]] = match[2];
  }
  return labels;
}
