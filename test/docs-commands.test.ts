import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../pkg/assets/root.ts';
import { documentPaths, examplesOf } from './support/markdown.ts';
import { runVela } from './support/vela.ts';

const root = packageRoot();

const helps = new Map<string, Promise<string>>();

/** The help of a command, such as `shard move`. */
function helpOf(path: readonly string[]): Promise<string> {
  const key = path.join(' ');
  const known = helps.get(key) ?? readHelp(path);
  helps.set(key, known);
  return known;
}

async function readHelp(path: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runVela([...path, '--help']);
  return stdout + stderr;
}

/** Command lines of `vela` in the shell blocks and in the text of a document. */
function commandLines(text: string): readonly string[] {
  const blocks = examplesOf(text).flatMap(({ commands }) => commands.replace(/\\\n/g, ' ').split('\n'));
  const inline = [...text.matchAll(/`((?:bin\/)?vela [^`]+)`/g)].map(([, line = '']) => line.replaceAll('\n', ' '));
  return [...blocks, ...inline]
    .map((line) => line.replace(/'[^']*'/g, 'TEXT').replace(/ #.*/, ''))
    .flatMap((line) => line.split(/&&|\|\||[|;]/))
    .map((line) => line.trim().replace(/^bin\//, ''))
    .filter((line) => /^vela [a-z]/.test(line));
}

/** The flags of a command line that the help of the command does not have. */
async function unknownFlags(line: string): Promise<readonly string[]> {
  const [, ...words] = line.split(/\s+/);
  const path = words.slice(0, words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word)) >>> 0).slice(0, 3);
  const flags = words
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => (word.split(/[=,]/)[0] ?? '').replace(/^--no-/, '--'));
  if (flags.length === 0) return [];
  const help = await helpOf(path);
  return flags.filter((flag) => !new RegExp(`(^|[\\s,])${flag}\\b(?!-)`, 'm').test(help));
}

describe('the flags of commands in the documentation exist', () => {
  test.each(documentPaths(root))('%s', async (page) => {
    const lines = commandLines(readFileSync(join(root, page), 'utf8'));
    const unknown: string[] = [];
    // one after another: the parser keeps state of its own
    for (const line of lines) unknown.push(...(await unknownFlags(line)).map((flag) => `${line}: ${flag}`));
    expect(unknown).toEqual([]);
  });
});
