import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { Journal } from './journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'journal-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('gives the next process the keys in work when this one crashed', () => {
  const file = join(folder, 'a');
  const { journal, left } = Journal.open(file);
  expect(left).toEqual([]);
  for (const key of ['x/1', 'x/2', 'a-very-long-namespace/with-a-very-long-name', 'x/3']) journal.begin(key);
  journal.end('a-very-long-namespace/with-a-very-long-name');
  journal.end('x/1');
  expect(Journal.open(file).left).toEqual(['x/2', 'x/3']);
});

test('keeps what is left of a crash until that is settled, over another crash and over an end in good order', () => {
  const file = join(folder, 'c');
  Journal.open(file).journal.begin('x/1');
  const second = Journal.open(file).journal;
  second.begin('x/2');
  const third = Journal.open(file);
  expect(third.left).toEqual(['x/1', 'x/2']);
  third.journal.settle('x/1');
  third.journal.close();
  const last = Journal.open(file);
  expect(last.left).toEqual(['x/2']);
  last.journal.settle('x/2');
  last.journal.close();
  expect(Journal.open(file).left).toEqual([]);
});

test('gives nothing of a process that ended well, and of a file that is no journal', () => {
  const file = join(folder, 'b');
  const { journal } = Journal.open(file);
  journal.begin('x/1');
  journal.close();
  journal.begin('x/2');
  expect(readdirSync(folder)).not.toContain('b');
  writeFileSync(file, '{"no":');
  expect(Journal.open(file).left).toEqual([]);
});
