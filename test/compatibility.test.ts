import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../pkg/assets/root.ts';

test('hack/compatibility.mjs writes one row for each case and each spec, with the outcome', () => {
  const folder = mkdtempSync(join(tmpdir(), 'compatibility-'));
  try {
    const file = (name: string, content: unknown): string => {
      const path = join(folder, name);
      writeFileSync(path, JSON.stringify(content));
      return path;
    };
    const cases = file('cases.json', {
      report: {
        same: { verdict: 'equal-but-harmless', rest: [] },
        judged: { verdict: 'different', rest: [{ path: '/a/services', b: 'more' }] },
        'half judged': { verdict: 'different', rest: [{ path: '/a/services', b: 'more' }, { path: '/a/phase' }] },
        worded: {
          verdict: 'both-fail-differently',
          rest: [{ path: '/a/message', a: 'call: no\n port', b: 'no port' }],
        },
        refused: { verdict: 'both-fail-differently', rest: [{ path: '/a/refused', a: 'denied x', b: 'denied y' }] },
        unknown: { verdict: 'different', rest: [{ path: '/a/phase' }] },
      },
    });
    const spec = (LeafNodeText: string, State: string) => ({ LeafNodeType: 'It', LeafNodeText, State });
    const specs = file('specs.json', [{ SpecReports: [spec('works', 'passed'), spec('left out', 'skipped')] }]);
    const judgements = file('judgements.json', {
      differences: [
        { path: '/services$', tested: 'more', cases: '.*judged', outcome: 'better', why: 'because' },
        { path: '/message$', sameReason: true, why: 'shorter' },
        { path: '/refused$', recorded: 'denied', tested: 'denied', why: 'other words' },
      ],
    });
    const data = file('data.json', [{ spec: 'breaks', outcome: 'not', why: 'no network' }]);
    const out = join(folder, 'out.md');
    const args = ['--cases', cases, '--specs', specs, '--judgements', judgements, '--data', data, '--out', out];
    execFileSync(process.execPath, [join(packageRoot(), 'hack/compatibility.mjs'), ...args]);
    const text = readFileSync(out, 'utf8');
    const rows = text.split('\n').filter((line) => line.startsWith('| '));
    expect(rows).toEqual(
      expect.arrayContaining([
        '| judged | better | because |',
        '| half judged | open | different: phase |',
        '| worded | equal: both fail | shorter |',
        '| refused | equal: both refuse | other words |',
        '| same | equal |  |',
        '| unknown | open | different: phase |',
        '| works | equal |  |',
        '| breaks | not | no network |',
      ]),
    );
    expect(text).not.toContain('left out');
    const without = args.filter((arg) => !['--specs', specs, '--cases', cases].includes(arg));
    execFileSync(process.execPath, [join(packageRoot(), 'hack/compatibility.mjs'), ...without]);
    expect(readFileSync(out, 'utf8')).toBe(text);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
