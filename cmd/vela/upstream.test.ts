import { expect, test } from '@jest/globals';
import { entries } from './commands.ts';
import { absentCommand } from './upstream.ts';

test('no command that exists here is called absent', () => {
  const names = entries.map(({ command }) => command.split(' ')[0] ?? '');
  expect(names.filter((name) => absentCommand([name]))).toEqual([]);
});
