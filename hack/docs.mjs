// Writes the generated parts of docs/reference:
//
//   node --import ./hack/typescript.mjs hack/docs.mjs           writes them
//   node --import ./hack/typescript.mjs hack/docs.mjs --check   names those that are not up to date, exit status 1
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { gateReference } from '../cmd/vela-core/feature-gates.ts';
import { flagRows } from '../cmd/vela-core/flag-reference.ts';
import { commandSections } from './docs/cli.mjs';
import { crdSections } from './docs/crds.mjs';
import { metricRows, metricsIn } from './docs/metrics.mjs';
import { valueRows } from './docs/values.mjs';

const root = join(import.meta.dirname, '..');
const read = (path) => readFileSync(join(root, path), 'utf8');

const sourceFiles = (folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .sort()
    .map((file) => ({ name: join(folder, file), text: read(join(folder, file)) }));

const crds = readdirSync(join(root, 'templates/crds'))
  .filter((file) => file.endsWith('.gen.yaml'))
  .sort()
  .map((file) => load(read(join('templates/crds', file))));

/** A page with the text between its two marks replaced. */
function withGenerated(path, generated) {
  const [begin, end] = ['<!-- generated: begin -->\n', '<!-- generated: end -->'];
  const page = read(path);
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${path}: has no marks for the generated part`);
  return `${page.slice(0, from + begin.length)}\n${generated.trim()}\n\n${page.slice(to)}`;
}

const table = (head, rows) => `| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}\n${rows}`;

/** The gates keep the column of their effects, which is text of the page. */
function gateRows(page) {
  const effects = new Map([...page.matchAll(/^\| `(\w+)` \| \w+ \| (.*) \|$/gm)].map(([, name, text]) => [name, text]));
  return gateReference
    .map(({ name, fallback, refusal }) => {
      const effect = refusal === undefined ? effects.get(name) : `refused: ${refusal}`;
      if (!effect) throw new Error(`docs/reference/feature-gates.md: has no effect of ${name}`);
      return `| \`${name}\` | ${fallback} | ${effect} |\n`;
    })
    .join('');
}

const commands = await commandSections();
const metrics = metricsIn(['pkg', 'cmd'].flatMap(sourceFiles));
const gatesPage = 'docs/reference/feature-gates.md';
const pages = new Map([
  ['docs/reference/flags.md', () => table(['flag', 'type', 'default', 'meaning'], flagRows())],
  [gatesPage, () => table(['gate', 'default', 'effect, or why the other value is refused'], gateRows(read(gatesPage)))],
  ['docs/reference/metrics.md', () => table(['metric', 'type', 'labels', 'meaning'], metricRows(metrics))],
  ['docs/reference/values.md', () => table(['value', 'default', 'meaning'], valueRows(read('templates/values.yaml')))],
  ['docs/reference/crds.md', () => crdSections(crds)],
  ['docs/reference/cli.md', () => commands],
]);

const wanted = new Map([...pages].map(([path, generate]) => [path, withGenerated(path, generate())]));

const outdated = [...wanted].filter(([path, text]) => !existsSync(join(root, path)) || read(path) !== text);
if (process.argv.includes('--check')) {
  for (const [path] of outdated) console.log(`${path}: is not up to date; run make generate`);
  if (outdated.length > 0) process.exitCode = 1;
} else {
  for (const [path, text] of outdated) writeFileSync(join(root, path), text);
}
