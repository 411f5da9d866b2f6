import { expect, test } from '@jest/globals';
import { newLogger } from './logger.ts';

test('a field occurs once in a line: its own before that of a child logger, and that before the base', () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = newLogger({ level: 'info', base: { shard: 'master', version: '1' }, destination });
  logger.info({ shard: 'shard-0' }, 'adopting shard');
  const child = logger.child({ namespace: 'default', name: 'web', shard: 'shard-1' });
  child.info({ name: 'other' }, 'applied');
  child.child({ kind: 'Pod' }).debug('hidden');
  child.child({ kind: 'Pod' }).warn({ err: new Error('no'), token: 'secret' }, 'failed');
  const count = (line: string, field: string): number => line.split(`"${field}":`).length - 1;
  for (const line of lines)
    for (const field of ['shard', 'name', 'version']) expect(count(line, field)).toBeLessThan(2);
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 'info', shard: 'shard-0', version: '1', msg: 'adopting shard' },
    { level: 'info', shard: 'shard-1', namespace: 'default', name: 'other', msg: 'applied' },
    { level: 'warn', kind: 'Pod', name: 'web', err: { message: 'no' }, token: '[redacted]', msg: 'failed' },
  ]);
});
