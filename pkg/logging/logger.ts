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
  readonly base?: Readonly<Record<string, string>>;
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

/** Returns the root logger of a process: JSON lines with ISO times, secrets replaced by `[redacted]`. */
export function newLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: options.base ?? {},
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: secretPaths, censor: '[redacted]' },
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err },
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}

/** A logger that says nothing, for tests. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
