// Compares our evaluator with the Go library over generated programs: node fuzz.ts ARBITER [N] [SEED] [EXAMPLES]
// Differences are shrunk and grouped by what both sides say, the most frequent first.
import { Arbiter } from '../arbiter.ts';
import type { ArbiterAnswer } from '../arbiter.ts';
import { Random } from '../random.ts';
import type { Verdict } from './compare.ts';
import { compare } from './compare.ts';
import { ProgramGenerator } from './generate.ts';
import { evaluateOurs } from './ours.ts';
import { pathsOf } from './paths.ts';
import type { Tree } from './tree.ts';
import { print, size, smaller } from './tree.ts';

const BATCH = 500;
const CANDIDATES = 40;
const ROUNDS = 60;
/** A difference counts when none of so many shuffles changes the library's answer. */
const SHUFFLES = 40;

interface Difference {
  readonly seed: number;
  readonly tree: Tree;
  readonly verdict: Exclude<Verdict, { kind: 'equal' } | { kind: 'aside' }>;
}

async function verdicts(arbiter: Arbiter, trees: readonly Tree[]): Promise<Verdict[]> {
  const requests = trees.map((tree, i) => ({ id: String(i), source: print(tree), paths: pathsOf(print(tree)) }));
  const answers: ArbiterAnswer[] = await arbiter.ask(requests);
  return requests.map(({ source, paths }, i) => compare(answers[i] ?? { id: '' }, evaluateOurs(source, paths)));
}

/** The smallest tree found that differs in the same way. */
async function shrink(arbiter: Arbiter, difference: Difference): Promise<Difference> {
  let best = difference;
  for (let round = 0; round < ROUNDS; round++) {
    const candidates = Array.from(smaller(best.tree)).sort((a, b) => size(a) - size(b));
    const next = await firstAlike(arbiter, best, candidates);
    if (next === undefined) break;
    best = next;
  }
  return best;
}

/** What both sides say, without their messages. */
function sort({ kind, signature }: Difference['verdict']): string {
  return `${kind} ${signature.split(':')[0] ?? ''}`;
}

async function firstAlike(
  arbiter: Arbiter,
  best: Difference,
  candidates: readonly Tree[],
): Promise<Difference | undefined> {
  for (let from = 0; from < candidates.length; from += CANDIDATES) {
    const some = candidates.slice(from, from + CANDIDATES).filter((tree) => size(tree) < size(best.tree));
    const found = await verdicts(arbiter, some);
    for (const [i, verdict] of found.entries()) {
      const tree = some[i];
      if (tree === undefined || verdict.kind === 'equal' || verdict.kind === 'aside') continue;
      if (sort(verdict) === sort(best.verdict)) return { seed: best.seed, tree, verdict };
    }
  }
  return undefined;
}

async function main([binary = '', count = '1000', seed = '1', examples = '2']: readonly string[]): Promise<void> {
  const arbiter = new Arbiter(binary, ['-shuffles', '2', '-timeout', '5s']);
  const differences: Difference[] = [];
  const totals = new Map<string, number>();
  const begin = Number(seed);
  for (let from = begin; from < begin + Number(count); from += BATCH) {
    const seeds = Array.from({ length: Math.min(BATCH, begin + Number(count) - from) }, (_, i) => from + i);
    const trees = seeds.map((each) => new ProgramGenerator(new Random(each)).program());
    const found = await verdicts(arbiter, trees);
    for (const [i, verdict] of found.entries()) {
      const key = verdict.kind === 'aside' ? `aside: ${verdict.why}` : verdict.kind;
      totals.set(key, (totals.get(key) ?? 0) + 1);
      const tree = trees[i];
      if (tree === undefined || verdict.kind === 'equal' || verdict.kind === 'aside') continue;
      differences.push({ seed: seeds[i] ?? 0, tree, verdict });
    }
  }
  arbiter.close();
  const strict = new Arbiter(binary, ['-shuffles', String(SHUFFLES), '-timeout', '30s']);
  const stable = await dependable(strict, differences);
  const unstable = differences.length - stable.length;
  for (const { verdict } of differences.filter((d) => !stable.includes(d))) {
    totals.set(verdict.kind, (totals.get(verdict.kind) ?? 0) - 1);
  }
  if (unstable > 0) totals.set(`aside: changes in one of ${SHUFFLES} shuffles`, unstable);
  await report(strict, stable, Number(examples));
  strict.close();
  process.stdout.write(`\nTotals: ${JSON.stringify(Object.fromEntries(totals))}\n`);
  process.exitCode = stable.length > 0 ? 1 : 0;
}

/** The differences of programs that the library answers alike however they are shuffled. */
async function dependable(arbiter: Arbiter, differences: readonly Difference[]): Promise<Difference[]> {
  const found = await verdicts(
    arbiter,
    differences.map(({ tree }) => tree),
  );
  return differences.filter((_, i) => found[i]?.kind !== 'aside');
}

async function report(arbiter: Arbiter, differences: readonly Difference[], examples: number): Promise<void> {
  const groups = new Map<string, Difference[]>();
  for (const difference of differences) {
    const key = `${difference.verdict.kind}: ${difference.verdict.signature}`;
    groups.set(key, [...(groups.get(key) ?? []), difference]);
  }
  const sorted = Array.from(groups).sort(([, a], [, b]) => b.length - a.length);
  for (const [key, members] of sorted) {
    process.stdout.write(`\n## ${members.length} × ${key}\n`);
    const smallest = [...members].sort((a, b) => size(a.tree) - size(b.tree)).slice(0, examples);
    for (const member of smallest) {
      const shrunk = await shrink(arbiter, member);
      process.stdout.write(
        `seed ${member.seed}\n~~~\n${print(shrunk.tree)}\n~~~\n${shrunk.verdict.detail.slice(0, 600)}\n`,
      );
    }
  }
}

await main(process.argv.slice(2));
