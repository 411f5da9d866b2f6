// Compares our evaluator with the Go library over a folder of CUE's own test archives (txtar):
// node archives.ts ARBITER FOLDER. An archive passes when each of its fields has the same value or error class.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { builtinPackage } from '../../src/builtin/registry.ts';
import type { Decl } from '../../src/syntax/ast.ts';
import { parseFile } from '../../src/syntax/parser.ts';
import { Arbiter } from '../arbiter.ts';
import { compare } from './compare.ts';
import { evaluateOurs } from './ours.ts';

interface Archive {
  readonly name: string;
  readonly source: string;
  /** Why the archive cannot be compared. */
  readonly aside?: string;
}

const MAX_DEPTH = 3;
const MAX_PATHS = 120;

function filesOf(text: string): Map<string, string> {
  const files = new Map<string, string>();
  const parts = text.split(/^-- (.+) --\n/m);
  for (let i = 1; i + 1 < parts.length; i += 2) files.set(parts[i] ?? '', parts[i + 1] ?? '');
  return files;
}

function archiveOf(name: string, text: string): Archive {
  const all = Array.from(filesOf(text));
  const files = all.filter(([file]) => file.endsWith('.cue') && !file.includes('/'));
  const nested = all.filter(([file]) => file.endsWith('.cue') && file.includes('/') && !file.startsWith('cue.mod/'));
  const [first] = files;
  const none = { name, source: '' };
  if (nested.length > 0) return { ...none, aside: 'imports packages of its module' };
  if (first === undefined) return { ...none, aside: 'no CUE file' };
  if (files.length > 1) return { ...none, aside: 'several files' };
  const source = first[1];
  for (const [, path] of source.matchAll(/^(?:import\s+)?\s*(?:[a-z_A-Z]+\s+)?"([a-z0-9./]+(?::[a-z]+)?)"$/gm)) {
    if (path !== undefined && builtinPackage(path) === undefined && source.includes('import')) {
      return { ...none, aside: `imports ${path}` };
    }
  }
  if (/^@experiment|^@extern/m.test(source)) return { ...none, aside: 'needs an experiment' };
  return { name, source };
}

/** The paths of fields that the text declares, to a depth. */
function pathsOf(decls: readonly Decl[], prefix: string, depth: number, into: Set<string>): void {
  for (const decl of decls) {
    if (into.size >= MAX_PATHS) return;
    if (decl.kind !== 'field' || decl.constraint !== '' || decl.label.kind !== 'ident') continue;
    if (!/^[a-zA-Z][a-zA-Z0-9_]*$/.test(decl.label.name) || ['null', 'true', 'false'].includes(decl.label.name))
      continue;
    const path = prefix === '' ? decl.label.name : `${prefix}.${decl.label.name}`;
    into.add(path);
    const value = decl.value.kind === 'alias' ? decl.value.x : decl.value;
    if (value.kind === 'struct' && depth > 1) pathsOf(value.decls, path, depth - 1, into);
  }
}

function declaredPaths(source: string): string[] {
  const paths = new Set<string>(['']);
  try {
    pathsOf(parseFile('in.cue', source).decls, '', MAX_DEPTH, paths);
  } catch {
    // a syntax error is compared as such
  }
  return Array.from(paths);
}

function* archivesIn(folder: string, root = folder): Generator<Archive> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* archivesIn(path, root);
    else if (entry.name.endsWith('.txtar')) yield archiveOf(relative(root, path), readFileSync(path, 'utf8'));
  }
}

async function main([binary = '', folder = '']: readonly string[]): Promise<void> {
  const archives = Array.from(archivesIn(folder));
  const compared = archives.filter(({ aside }) => aside === undefined);
  const requests = compared.map(({ name, source }) => ({ id: name, source, paths: declaredPaths(source) }));
  const arbiter = new Arbiter(binary, ['-timeout', '10s']);
  const answers = await arbiter.ask(requests);
  arbiter.close();
  const counts = new Map<string, number>();
  const failed: string[] = [];
  let [paths, equalPaths] = [0, 0];
  for (const [i, request] of requests.entries()) {
    const answer = answers[i] ?? { id: request.id };
    const ours = evaluateOurs(request.source, request.paths);
    const verdicts =
      answer.results === undefined || ours.outcomes === undefined
        ? [compare(answer, ours)]
        : answer.results.map((result, j) =>
            compare({ id: '', results: [result] }, { outcomes: [ours.outcomes?.[j] ?? { error: 'absent' }] }),
          );
    const wrong = verdicts.filter(({ kind }) => kind !== 'equal' && kind !== 'aside');
    paths += verdicts.length;
    equalPaths += verdicts.length - wrong.length;
    const key = verdicts.some(({ kind }) => kind === 'aside')
      ? 'crash of the library'
      : wrong.length === 0
        ? 'equal'
        : 'different';
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (wrong.length === 0) continue;
    const [first] = wrong;
    const detail = first !== undefined && 'detail' in first ? `${first.kind}: ${first.detail}` : '';
    failed.push(`## ${request.id}: ${wrong.length} of ${verdicts.length}\n${detail.slice(0, 500)}\n`);
  }
  const asides = new Map<string, number>();
  for (const { aside } of archives) if (aside !== undefined) asides.set(aside, (asides.get(aside) ?? 0) + 1);
  process.stdout.write(
    `${failed.join('')}\n${archives.length} archives: ${JSON.stringify(Object.fromEntries(counts))}\n`,
  );
  process.stdout.write(
    `${equalPaths} of ${paths} fields equal\nnot compared: ${JSON.stringify(Object.fromEntries(asides))}\n`,
  );
}

await main(process.argv.slice(2));
