#!/usr/bin/env node
// Writes docs/reference/compatibility.md from the report of a run of recorded cases, and optionally from the JSON report of
// an end-to-end suite (`ginkgo --json-report`).
//
//   node hack/compatibility.mjs [--cases REPORT.json] [--specs REPORT.json] [--judgements FILE] [--data FILE] [--out FILE]
//
// A report of cases is {"report": {NAME: {"verdict": TEXT, "rest": [{"path": TEXT, "a": RECORDED, "b": TESTED}]}}}; several
// reports, as of a run in slices, are read with --cases given again. `hack/compatibility.json` has rules about differences: which
// ones they are about (path, recorded, tested: regular expressions), and why these are equal or better. A case with a difference
// that no rule covers is listed as open. Without --cases, that section of the file stays as it is. `hack/compatibility-specs.json`
// keeps the outcome of each spec, and why; a report replaces the outcomes of the specs in it. `hack/compatibility-cli.json` is
// written by hack/upstream-cli.mjs.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: {
    cases: { type: 'string', multiple: true },
    specs: { type: 'string', multiple: true, default: [] },
    data: { type: 'string', default: join(root, 'hack/compatibility-specs.json') },
    judgements: { type: 'string', default: join(root, 'hack/compatibility.json') },
    out: { type: 'string', default: join(root, 'docs/reference/compatibility.md') },
  },
});

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const pattern = (text) => (text === undefined ? undefined : new RegExp(text));
const rules = read(values.judgements).differences.map((rule) => ({
  ...rule,
  path: pattern(rule.path),
  recorded: pattern(rule.recorded),
  tested: pattern(rule.tested),
  cases: pattern(rule.cases && `^(${rule.cases})$`),
}));

/** Verdicts of the comparison that need no judgement. */
const plain = {
  equal: 'equal',
  'equal-but-harmless': 'equal',
  'both-fail-alike': 'equal: both fail',
};

const textOf = (value) => (value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value));

/** Whether the recorded message contains the tested one; white space and numbers in names do not count. */
function isSameReason(recorded, tested) {
  const bare = (text) => text.replaceAll(/\s+/g, ' ').trim();
  return tested !== '' && bare(recorded).includes(bare(tested));
}

/** The rule about one difference; undefined where no rule says what it means. */
function ruleFor(name, verdict, { path, a, b }) {
  const [recorded, tested] = [textOf(a), textOf(b)];
  return rules.find(
    (rule) =>
      rule.path.test(path) &&
      (!rule.cases || rule.cases.test(name)) &&
      (!rule.recorded || rule.recorded.test(recorded)) &&
      (!rule.tested || rule.tested.test(tested)) &&
      (!rule.fails || verdict === 'both-fail-differently' || path.startsWith('/update/')) &&
      (!rule.sameReason || isSameReason(recorded, tested)),
  );
}

/** What the differences of a case come to; one that no rule covers leaves it open. */
function outcomeOf(name, { verdict, rest = [] }) {
  if (plain[verdict]) return { outcome: plain[verdict], why: '' };
  const judged = rest.map((difference) => ({ difference, rule: ruleFor(name, verdict, difference) }));
  const unknown = judged.filter(({ rule }) => !rule).map(({ difference }) => difference.path.split('/').at(-1));
  if (unknown.length > 0 || rest.length === 0)
    return { outcome: 'open', why: `${verdict}: ${[...new Set(unknown)].slice(0, 3).join(', ')}` };
  const why = [...new Set(judged.map(({ rule }) => rule.why))].join('; ');
  if (judged.some(({ rule }) => rule.outcome === 'better')) return { outcome: 'better', why };
  if (verdict !== 'both-fail-differently') return { outcome: 'equal', why };
  const isRefused = rest.every(({ path, a, b }) => path.endsWith('/refused') && textOf(a) !== '' && textOf(b) !== '');
  return { outcome: isRefused ? 'equal: both refuse' : 'equal: both fail', why };
}

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

function countsOf(outcomes) {
  const counts = new Map();
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const total = outcomes.length;
  const rows = [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([outcome, n]) => [outcome, String(n), `${((100 * n) / total).toFixed(1)} %`]);
  return table(['outcome', 'number', 'share'], rows);
}

const casesHeading = '## Recorded Applications';

function casesSection(report) {
  const rows = Object.entries(report)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, result]) => ({ name, ...outcomeOf(name, result) }));
  return [
    casesHeading,
    '',
    "Each Application was created, changed and deleted under KubeVela's controller; the objects, the status, the revisions and the",
    'trackers were recorded. The same is done under Flotilla, with the same definitions, and compared. *Equal* with a reason',
    'is a case with differences that a rule of `hack/compatibility.json` takes for harmless; the reason says which.',
    '',
    countsOf(rows.map(({ outcome }) => outcome)),
    '',
    table(
      ['case', 'outcome', 'why'],
      rows.map(({ name, outcome, why }) => [name, outcome, why]),
    ),
  ];
}

const specsHeading = "## KubeVela's end-to-end suite";

/** The specs of a report that ran, with their outcomes. */
function specsOf(report) {
  const specs = report
    .flatMap(({ SpecReports = [] }) => SpecReports)
    .filter(({ LeafNodeType, State }) => LeafNodeType === 'It' && State !== 'skipped' && State !== 'pending');
  return specs.map(({ ContainerHierarchyTexts = [], LeafNodeText, State }) => [
    [...(ContainerHierarchyTexts ?? []), LeafNodeText].join(' › '),
    State === 'passed' ? 'equal' : 'not',
  ]);
}

/** Puts the outcomes of a report into the data; a reason stays as long as the outcome. */
function recordSpecs(report) {
  const specs = new Map(read(values.data).map((spec) => [spec.spec, spec]));
  for (const [spec, outcome] of specsOf(report))
    if (specs.get(spec)?.outcome !== outcome) specs.set(spec, { spec, outcome, why: '' });
  const sorted = [...specs.values()].sort((a, b) => (a.spec < b.spec ? -1 : 1));
  writeFileSync(values.data, `${JSON.stringify(sorted, null, 2)}\n`);
}

function specsSection() {
  const specs = read(values.data);
  return [
    '',
    specsHeading,
    '',
    'Each spec ran against the embedded API with the installed controller and the values of the suite. Pods are simulated there,',
    'and there is no network.',
    '',
    countsOf(specs.map(({ outcome }) => outcome)),
    '',
    table(
      ['spec', 'outcome', 'why'],
      specs.map(({ spec, outcome, why }) => [spec, outcome, why]),
    ),
  ];
}

/** The outcomes of hack/upstream-cli.mjs. */
function commandsSection() {
  const commands = read(join(root, 'hack/compatibility-cli.json'));
  return [
    '',
    "## KubeVela's command line",
    '',
    "Each command of KubeVela's own program ran against an installation of Flotilla with sharding on the embedded API, by",
    '`hack/upstream-cli.mjs`. *Equal* means that it succeeded and printed what it is asked for.',
    '',
    countsOf(commands.map(({ outcome }) => outcome)),
    '',
    table(
      ['command', 'outcome', 'why'],
      commands.map(({ command, outcome, why }) => [command, outcome, why]),
    ),
  ];
}

/** The section as it is in the file; empty where it has none. */
function present(heading) {
  const sections = existsSync(values.out) ? readFileSync(values.out, 'utf8').split(/\n(?=## )/) : [];
  const section = sections.find((one) => one.startsWith(heading));
  return section ? ['', section.trimEnd()] : [];
}

for (const file of values.specs) recordSpecs(read(file));

const text = [
  '# Compatibility',
  '',
  '<!-- Written by hack/compatibility.mjs from runs; do not edit. -->',
  '',
  ...(values.cases
    ? casesSection(Object.assign({}, ...values.cases.map((file) => read(file).report)))
    : present(casesHeading).slice(1)),
  ...specsSection(),
  ...commandsSection(),
  '',
].join('\n');
writeFileSync(values.out, text);
