import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { packageRoot } from '../pkg/assets/root.ts';

const folder = join(packageRoot(), 'pkg/controllers/application');
const page = readFileSync(join(packageRoot(), 'docs/design/architecture.md'), 'utf8');
const codeIn = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

/** The rows of the table of stages. */
const stages = page
  .split('\n')
  .map((line) => line.split('|').slice(1, -1).map(codeIn))
  .filter((cells) => cells.length === 6 && (cells[1] ?? []).length === 1)
  .map(([, name, file, caller, takes, returns]) => ({
    name: name?.[0] ?? '',
    file: file?.[0] ?? '',
    caller: caller?.[0] ?? '',
    takes: takes ?? [],
    returns: returns ?? [],
  }));

const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

/** From the name of a function to the begin of its body, with the type that it returns. */
function signatureOf(name: string, file: string): string {
  const text = read(file);
  const at = text.search(new RegExp(`function ${name}\\(`));
  return at < 0 ? '' : text.slice(at, at + text.slice(at).search(/ \{\n {2}\S/));
}

/** The files that a file imports, from the folder of the controller. */
const importsOf = (file: string): readonly string[] =>
  [...read(file).matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) => join(dirname(file), path));

test('the table of layers is that of the import rules', () => {
  const rules = readFileSync(join(packageRoot(), '.dependency-cruiser.cjs'), 'utf8');
  const list = /const layers = (\[[^]*?\n\]);/.exec(rules)?.[1] ?? '';
  const layers = [...list.matchAll(/\[([^[\]]+)\]/g)].map(([, names = '']) =>
    [...names.matchAll(/'(\w+)'/g)].map(([, name = '']) => name),
  );
  const rows = [...page.matchAll(/^\| (\d) \| ([^|]+) \|/gm)].map(([, layer, cell = '']) => [
    Number(layer),
    codeIn(cell),
  ]);
  const isThere = (name: string): boolean => existsSync(join(packageRoot(), 'pkg', name));
  expect(layers.length).toBeGreaterThan(5);
  expect(rows.reverse()).toEqual(layers.map((names, layer) => [layer, names.filter(isThere)]));
});

test('the page lists the stages', () => {
  expect(stages.length).toBeGreaterThan(12);
});

describe.each(stages)('the stage $name', ({ name, file, caller, takes, returns }) => {
  test('has the documented types', () => {
    expect(existsSync(join(folder, file))).toBe(true);
    const signature = signatureOf(name, file);
    const returned = signature.slice(signature.lastIndexOf(')'));
    for (const type of takes) expect(signature).toMatch(new RegExp(`\\b${type}\\b`));
    for (const type of returns) expect(returned).toMatch(new RegExp(`\\b${type}\\b`));
  });

  test('is called from the documented file, and does not import it', () => {
    const calls = [...read(caller).matchAll(new RegExp(`\\b${name}\\(`, 'g'))];
    expect(calls.length).toBeGreaterThan(file === caller ? 1 : 0);
    if (file === caller) return;
    expect(importsOf(caller)).toContain(file);
    expect(importsOf(file)).not.toContain(caller);
  });
});
