// One JSON line per event on standard error or output, by pino.
//
// An event has a short stable name (`agent.started`) and flat fields, so that a log can be searched and counted.
// The address of a viewer appears nowhere unless the operator asks for it: whoever logs it uses the field `viewer`,
// and this is the place that drops it.

import { type DestinationStream, destination, type Level, type Logger, pino, stdTimeFunctions } from 'pino';

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** `stderr`, `stdout`, or a stream of the embedder's. */
  readonly to: 'stderr' | 'stdout' | DestinationStream;
  /** On every line: which agent speaks. */
  readonly fields?: LogFields;
  /** Keep the field `viewer`. Default no. */
  readonly viewerAddresses?: boolean;
}

export class PinoLog implements Log {
  readonly #pino: Logger;

  constructor(options: LogOptions) {
    const redact = options.viewerAddresses ? [] : ['viewer'];
    this.#pino = pino(
      {
        level: options.level,
        base: options.fields ?? null,
        messageKey: 'event',
        timestamp: stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        redact: { paths: redact, remove: true },
      },
      stream(options.to),
    );
  }

  debug(event: string, fields?: LogFields): void {
    this.#write('debug', event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.#write('info', event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#write('warn', event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#write('error', event, fields);
  }

  #write(level: Level, event: string, fields: LogFields | undefined): void {
    this.#pino[level](fields ?? {}, event);
  }
}

/** Written at once: the last lines before a crash are the ones that matter, and an agent writes few. */
function stream(to: LogOptions['to']): DestinationStream {
  if (typeof to !== 'string') return to;
  return destination({ dest: to === 'stdout' ? 1 : 2, sync: true });
}

/** For `log-level` silent, and for tests. */
export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
