import { describe, expect, test } from '@jest/globals';
import { textIo } from '../../test/support/vela.ts';
import { CliError, printLine, printTable } from './io.ts';

function printed(rows: readonly (readonly string[])[]): string {
  const io = textIo();
  printTable(io, rows);
  return io.stdout.text;
}

describe('a table', () => {
  test.each<{ name: string; rows: readonly (readonly string[])[]; want: string }>([
    { name: 'of nothing is nothing', rows: [], want: '' },
    { name: 'without rows is its heading', rows: [['NAME', 'AGE']], want: 'NAME  AGE\n' },
    {
      name: 'has columns as wide as the widest cell, the heading included',
      rows: [
        ['NAME', 'A'],
        ['x', 'longer than its heading'],
        ['longer', 'y'],
      ],
      want: 'NAME    A\nx       longer than its heading\nlonger  y\n',
    },
    {
      name: 'has no blanks at the end of a line, whatever is empty',
      rows: [
        ['A', 'B', 'C'],
        ['1', '', ''],
        ['', '2', ''],
      ],
      want: 'A  B  C\n1\n   2\n',
    },
    {
      name: 'may have rows of different lengths',
      rows: [['A', 'B'], ['1'], ['1', '2', '3']],
      want: 'A  B\n1\n1  2  3\n',
    },
    {
      name: 'keeps a text of several lines in its row',
      rows: [
        ['NAME', 'MESSAGE', 'LAST'],
        ['a', 'first\n\n  second\r\nthird\n', 'x'],
      ],
      want: 'NAME  MESSAGE             LAST\na     first second third  x\n',
    },
    {
      name: 'keeps blanks inside and at the begin of a cell',
      rows: [['  A  B'], ['  x ']],
      want: '  A  B\n  x\n',
    },
  ])('$name', ({ rows, want }) => {
    expect(printed(rows)).toBe(want);
  });
});

test('a line is empty without a text', () => {
  const io = textIo();
  printLine(io);
  printLine(io, 'a');
  expect(io.stdout.text).toBe('\na\n');
});

describe('a failure that the user can act on', () => {
  test('ends the command with status 1 and without a hint unless it says more', () => {
    expect(new CliError('no')).toMatchObject({ message: 'no', exitCode: 1, hint: undefined });
    const cause = new Error('why');
    const all = new CliError('no', { exitCode: 3, hint: 'do this', cause });
    expect(all).toMatchObject({ exitCode: 3, hint: 'do this', cause });
  });
});
