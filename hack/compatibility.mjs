#!/usr/bin/env node
// Writes docs/reference/compatibility.md from the report of a run of recorded cases, and optionally from the JSON report of
// an end-to-end suite (`ginkgo --json-report`).
//
//   node hack/compatibility.mjs --cases REPORT.json [--specs REPORT.json] [--judgements FILE] [--out FILE]
//
// A report of cases is {"report": {NAME: {"verdict": TEXT, "rest": [{"path": TEXT}]}}}. `hack/compatibility.json` gives the
// reason where an outcome that differs is better, or where it is not equal yet; a case without a judgement is listed as open.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: {
    cases: { type: 'string' },
    specs: { type: 'string' },
    judgements: { type: 'string', default: join(root, 'hack/compatibility.json') },
    out: { type: 'string', default: join(root, 'docs/reference/compatibility.md') },
  },
});
if (!values.cases) throw new Error('--cases needs the report of a run');

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const judgements = read(values.judgements).map(({ cases, ...rest }) => ({
  ...rest,
  cases: new RegExp(`^(${cases})$`),
}));

/** Verdicts of the comparison that need no judgement. */
const plain = {
  equal: 'equal',
  'equal-but-harmless': 'equal',
  'both-fail-alike': 'equal: both fail',
};

function outcomeOf(name, { verdict, rest = [] }) {
  if (plain[verdict]) return { outcome: plain[verdict], why: '' };
  const judged = judgements.find(({ cases }) => cases.test(name));
  if (judged) return { outcome: judged.outcome, why: judged.why };
  if (verdict === 'both-fail-differently') return { outcome: 'equal: both fail', why: 'in other words' };
  return {
    outcome: 'open',
    why: `${verdict}: ${[...new Set(rest.map(({ path }) => path.split('/').at(-1)))].slice(0, 3).join(', ')}`,
  };
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

function casesSection(report) {
  const rows = Object.entries(report)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, result]) => ({ name, ...outcomeOf(name, result) }));
  return [
    '## Recorded Applications',
    '',
    "Each Application was created, changed and deleted under KubeVela's controller; the objects, the status, the revisions and the",
    'trackers were recorded. The same is done under Flotilla, with the same definitions, and compared.',
    '',
    countsOf(rows.map(({ outcome }) => outcome)),
    '',
    table(
      ['case', 'outcome', 'why'],
      rows.map(({ name, outcome, why }) => [name, outcome, why]),
    ),
  ];
}

function specsSection(report) {
  const specs = report
    .flatMap(({ SpecReports = [] }) => SpecReports)
    .filter(({ LeafNodeType, State }) => LeafNodeType === 'It' && State !== 'skipped' && State !== 'pending');
  const rows = specs.map(({ ContainerHierarchyTexts = [], LeafNodeText, State }) => [
    [...(ContainerHierarchyTexts ?? []), LeafNodeText].join(' › '),
    State === 'passed' ? 'equal' : 'not',
  ]);
  return [
    '',
    "## KubeVela's end-to-end suite",
    '',
    'The specs of the last run, on the embedded API; others were not part of it.',
    '',
    countsOf(rows.map(([, outcome]) => outcome)),
    '',
    table(['spec', 'outcome'], rows),
  ];
}

const text = [
  '# Compatibility',
  '',
  '<!-- Written by hack/compatibility.mjs from runs; do not edit. -->',
  '',
  ...casesSection(read(values.cases).report),
  ...(values.specs ? specsSection(read(values.specs)) : []),
  '',
].join('\n');
writeFileSync(values.out, text);
