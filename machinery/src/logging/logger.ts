import { pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';

/**
 * A structured logger: fields first, constant lower-case message second.
 *
 * Field names come from one list: `controller`, `kind`, `namespace`, `name`, `shard`, `from`, `to`,
 * `reconcileId`, `lease`, `holder`, `address`, `count`, `reason`, `err`, `durationMs`.
 */
export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Fields of every line, such as the shard. */
  readonly base?: Readonly<Record<string, unknown>>;
  /** Where lines go; standard output when absent. */
  readonly destination?: DestinationStream;
}

const secretPaths = [
  'token',
  '*.token',
  'password',
  '*.password',
  'headers.authorization',
  '*.headers.authorization',
  'object.data',
  'object.stringData',
];

/**
 * Returns the root logger of a process: JSON lines with ISO times, secrets replaced by `[redacted]`. No field occurs twice
 * in a line: those of the line replace those of a child logger, and these the base fields.
 */
export function newLogger(options: LoggerOptions): Logger {
  return build(options, options.destination ?? pino.destination(1));
}

function build({ level, base = {} }: LoggerOptions, destination: DestinationStream): Logger {
  const settings = {
    level,
    base: {},
    // pino writes the fields of `base` and of its own children beside those of the line, also when the names are equal
    mixin: () => ({ ...base }),
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: secretPaths, censor: '[redacted]' },
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err },
  };
  const child = (fields: Readonly<Record<string, unknown>>): Logger =>
    build({ level, base: { ...base, ...fields } }, destination);
  const logger: unknown = Object.assign(pino(settings, destination), { child });
  return logger as Logger;
}

/**
 * Returns a logger without output.
 *
 * @testonly
 */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
