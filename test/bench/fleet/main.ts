import { assignmentRows } from './assignment.ts';
import { living } from './cluster.ts';
import { deliveryRows } from './delivery.ts';
import { handoverRows } from './handover.ts';
import { placementRows } from './placement.ts';
import { reconcileRows } from './reconcile.ts';
import { sizeRows } from './sizes.ts';
import { table } from './table.ts';
import type { Row } from './table.ts';

// Figures of the fleet on this machine. ONLY=placement,handover chooses parts; APPS, RATE (Applications a second), WARM
// (Applications that each shard delivers first), ROUNDS, TRIALS, SIZES and SHARDS their size.
const { env } = process;
const applications = Number(env['APPS'] ?? 60);
const list = (name: string, otherwise: string): readonly number[] => (env[name] ?? otherwise).split(',').map(Number);

const parts: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  placement: () => Promise.resolve(placementRows()),
  handover: () => handoverRows({ trials: Number(env['TRIALS'] ?? 3), applications: Math.min(applications, 40) }),
  assignment: () => assignmentRows(applications),
  sizes: () => sizeRows(list('SIZES', '100,2000')),
  reconcile: () =>
    reconcileRows({
      applications,
      warm: Number(env['WARM'] ?? 60),
      shardCounts: list('SHARDS', '1'),
      rounds: Number(env['ROUNDS'] ?? 1),
    }),
  delivery: () =>
    deliveryRows({
      applications,
      perSecond: Number(env['RATE'] ?? 5),
      warm: Number(env['WARM'] ?? 60),
      shardCounts: list('SHARDS', '1,3'),
      rounds: Number(env['ROUNDS'] ?? 1),
    }),
};

const stopAll = (): Promise<unknown> => Promise.allSettled([...living].map((one) => one.stop()));
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void stopAll().then(() => process.exit(130));
  });

const rows: Row[] = [];
for (const name of (env['ONLY'] ?? Object.keys(parts).join(',')).split(',')) {
  const part = parts[name];
  if (!part) throw new Error(`ONLY: unknown "${name}"; use some of ${Object.keys(parts).join(',')}`);
  process.stderr.write(`${name} ...\n`);
  try {
    rows.push(...(await part()));
  } catch (error) {
    // such as a cluster in which nothing could be installed
    await stopAll();
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
    rows.push({ row: name, target: '', measured: `not available: ${why}` });
  }
}
process.stdout.write(`${table(rows)}\n`);
