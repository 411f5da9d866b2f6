import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { Journal } from './journal.ts';

const folder = mkdtempSync(join(tmpdir(), 'journal-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('tells the next process what was in work when this one died', () => {
  const file = join(folder, 'a');
  const { journal, left } = Journal.open(file);
  expect(left).toEqual([]);
  for (const key of ['x/1', 'x/2', 'a-very-long-namespace/with-a-very-long-name', 'x/3']) journal.begin(key);
  journal.end('a-very-long-namespace/with-a-very-long-name');
  journal.end('x/1');
  expect(Journal.open(file).left).toEqual(['x/2', 'x/3']);
  expect(Journal.open(file).left).toEqual([]);
});

test('tells nothing of a process that ended well, and of what is no journal', () => {
  const file = join(folder, 'b');
  const { journal } = Journal.open(file);
  journal.begin('x/1');
  journal.close();
  journal.begin('x/2');
  expect(readdirSync(folder)).not.toContain('b');
  writeFileSync(file, '{"no":');
  expect(Journal.open(file).left).toEqual([]);
});
