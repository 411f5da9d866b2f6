import { createWriteStream } from 'node:fs';
import type { DestinationStream } from 'pino';
import { newLogger } from '../../machinery/src/logging/logger.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import type { Config } from './config.ts';

/** The logger of the process: JSON lines on standard output, or lines for people, and both in a file too where asked. */
export function loggerOf({ log, sharding }: Config): Logger {
  const write = log.forPeople ? (line: string) => process.stdout.write(forPeople(line)) : undefined;
  const file = log.file === undefined ? undefined : createWriteStream(log.file, { flags: 'a' });
  const destination: DestinationStream | undefined =
    write || file
      ? {
          write: (line) => {
            (write ?? ((text: string) => process.stdout.write(text)))(line);
            file?.write(line);
          },
        }
      : undefined;
  return newLogger({
    level: log.debug ? 'debug' : 'info',
    ...(sharding && { base: { shard: sharding.shard } }),
    ...(destination && { destination }),
  });
}

/** `12:00:00.000 info  message key=value …` */
function forPeople(line: string): string {
  const { time = '', level = '', msg = '', ...fields } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const rest = Object.entries(fields).map(
    ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${String(msg)}${rest.join('')}\n`;
}
