import type { Gap } from './figures.ts';
import type { RoundResult } from './round.ts';

const table = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([name, count]) => `${count} ${name}`).join(', ') || 'none';

const gapOf = ({ application, seconds, from }: Gap): string =>
  `${seconds.toFixed(1)} s (${application} from ${new Date(from).toISOString().slice(11, 19)})`;

/** What a round was and whether it was well, for people. */
export function reportOf(result: RoundResult): string {
  const { seed, plane, figures, violations, struck, changes, late, applications, settledAfterSeconds } = result;
  const { writes, takeovers, adoptions, moves, refused, unserved, stray } = figures;
  const [first] = violations;
  const lines = [
    `seed ${seed}: ${first ? 'FAILED' : 'passed'}`,
    ...(plane === undefined ? [] : [`  on ${plane}`]),
    `  faults: ${table(struck)}`,
    `  changes: ${table(changes)}; ${applications} Applications at the end`,
    `  writes by the fleet ${writes}, late but alone ${late}; refused: ${table(refused)}`,
    `  takeovers of Leases ${takeovers} (${adoptions} adoptions), moves ${moves}`,
    `  longest time without a live holder ${gapOf(unserved)}, without a shard ${gapOf(stray)}`,
    `  at rest ${settledAfterSeconds.toFixed(1)} s after the last fault`,
  ];
  if (first) {
    lines.push(`  violated: ${first.invariant}`, `    ${first.message}`, ...first.excerpt.map((line) => `    ${line}`));
    for (const { invariant, message } of violations.slice(1, 10)) lines.push(`  also: ${invariant}: ${message}`);
    if (violations.length > 10) lines.push(`  and ${violations.length - 10} more`);
  }
  return lines.join('\n');
}

export const summaryOf = (passed: number, failed: number): string => `${passed} passed, ${failed} failed`;
