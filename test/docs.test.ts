import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { gateReference } from '../cmd/vela-core/feature-gates.ts';
import { packageRoot } from '../pkg/assets/root.ts';
import { brokenLinks, documentPaths } from './support/markdown.ts';

const root = packageRoot();
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sources = ['pkg', 'devcluster/src'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => join(folder, file)),
);

/** Names in the first column of the tables of a page. */
function documented(page: string): string[] {
  return [...read(page).matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '');
}

function reasonsInCode(): string[] {
  const unions = sources.flatMap((file) =>
    [...read(file).matchAll(/type \w+Reason =([^;]+);/g)].map((match) => match[1] ?? ''),
  );
  return unions.flatMap((union) => [...union.matchAll(/'(\w+)'/g)].map((match) => match[1] ?? ''));
}

function metricsInCode(): string[] {
  const declarations = sources.filter((file) => /(^|-|\/)metrics\.ts$/.test(file));
  const ours = sources.flatMap((file) =>
    [...read(file).matchAll(/name: '(flotilla_[a-z_]+)'/g)].map((match) => match[1] ?? ''),
  );
  return (
    declarations
      .flatMap((file) => [...read(file).matchAll(/'([a-z]+(?:_[a-z]+)+)'/g)].map((match) => match[1] ?? ''))
      // Node's own metrics are described as a whole
      .filter((name) => !labelNames.includes(name) && !name.startsWith('process_'))
      .concat(ours)
  );
}

const labelNames = ['begin_phase', 'end_phase', 'requeue_after'];

const sorted = (names: readonly string[]): string[] => [...new Set(names)].sort();

describe('the documentation names exactly what there is', () => {
  test('generated parts are up to date (make generate)', () => {
    const args = [
      '--disable-warning=ExperimentalWarning',
      '--import',
      './hack/typescript.mjs',
      'hack/docs.mjs',
      '--check',
    ];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    expect(stdout + stderr).toBe('');
  }, 60_000);

  test('reasons of errors', () => {
    expect(sorted(documented('docs/reference/errors.md'))).toEqual(sorted(reasonsInCode()));
  });

  test('feature gates', () => {
    const rows = [...read('docs/reference/feature-gates.md').matchAll(/^\| `([^`]+)` \| (\w+) \|/gm)].map(
      (m) => `${m[1]} ${m[2]}`,
    );
    expect(rows).toEqual(gateReference.map(({ name, fallback }) => `${name} ${String(fallback)}`));
  });

  test('metrics', () => {
    expect(sorted(documented('docs/reference/metrics.md'))).toEqual(sorted(metricsInCode()));
  });
});

test('alerts ask for metrics that there are', () => {
  const rules = read('docs/alerts.yaml');
  const asked = [...rules.matchAll(/\b((?:flotilla|leader_election|workqueue|controller_runtime)_[a-z_]+)\b/g)];
  expect(asked.length).toBeGreaterThan(10);
  expect(documented('docs/reference/metrics.md')).toEqual(expect.arrayContaining(asked.map((match) => match[1])));
});

test('each alert has a section in the runbook', () => {
  const rules = [...read('docs/alerts.yaml').matchAll(/- alert: (\w+)\n(?:(?! {8}- alert:).*\n?)*/g)];
  expect(rules.length).toBeGreaterThan(10);
  const headings = [...read('docs/operations/runbook.md').matchAll(/^## (\w+)$/gm)].map((match) => match[1] ?? '');
  for (const [text, alert = ''] of rules) {
    expect(text).toContain(`runbook_url: docs/operations/runbook.md#${alert.toLowerCase()}\n`);
    expect(headings).toContain(alert);
  }
});

test('the dashboard asks for metrics that there are', () => {
  const { panels } = JSON.parse(read('docs/dashboard.json')) as { panels: { targets: { expr: string }[] }[] };
  const asked = panels
    .flatMap(({ targets }) => targets.map(({ expr }) => expr))
    .flatMap((expr) => [...expr.matchAll(/\b([a-z]+(?:_[a-z]+)+)\b/g)].map((match) => match[1] ?? ''))
    .filter((name) => name !== 'histogram_quantile' && !name.startsWith('process_'))
    .map((name) => name.replace(/_bucket$/, ''));
  expect(asked.length).toBeGreaterThan(20);
  expect(documented('docs/reference/metrics.md')).toEqual(expect.arrayContaining(asked));
});

describe('the documentation points to what is there', () => {
  const pages = documentPaths(root);
  test.each(pages)('links of %s', (page) => {
    expect(brokenLinks(root, page)).toEqual([]);
  });

  test.each(pages.filter((page) => page.startsWith('docs/concepts/')))('%s is one page with a diagram', (page) => {
    expect(read(page)).toContain('```mermaid\n');
    expect(read(page).split('\n').length).toBeLessThan(130);
  });

  test.each(pages)('blocks of YAML in %s can be parsed', (page) => {
    const blocks = [...read(page).matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, text = '']) => text);
    for (const block of blocks) expect(() => loadAll(block)).not.toThrow();
  });

  test.each(pages)('make targets of %s', (page) => {
    const makefile = read('Makefile');
    const targets = [...read(page).matchAll(/\bmake ([a-z][a-z-]*)/g)].map((match) => match[1] ?? '');
    const named = new Set(targets.filter((target) => isCode(read(page), target)));
    expect([...named].filter((target) => !makefile.includes(`\n${target}:`))).toEqual([]);
  });
});

/** Whether a page writes `make TARGET` as code, in a block or in a line. */
const isCode = (text: string, target: string): boolean =>
  text.includes(`\`make ${target}`) || new RegExp(`^ *make ${target}\\b`, 'm').test(text);
