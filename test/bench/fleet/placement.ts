import { seededRandom } from '../../../machinery/src/clock/clock.ts';
import { place, policies } from '../../../pkg/scheduling/policy.ts';
import type { Policy } from '../../../pkg/scheduling/policy.ts';
import { planRebalance } from '../../../pkg/scheduling/rebalance.ts';
import type { ShardView } from '../../../pkg/scheduling/shards.ts';
import { levelled, slotOf, slotTable } from '../../../pkg/scheduling/slots.ts';
import { shardView } from '../../support/shard-views.ts';
import type { Row } from './table.ts';

const applications = 10_000;
const keys = Array.from({ length: applications }, (_, i) => ({ namespace: `team-${i % 97}`, name: `app-${i}` }));

/** Which shard each Application gets when they come one after another. */
function placed(policy: Policy, shards: readonly string[]): readonly string[] {
  const counts = new Map(shards.map((id) => [id, 0]));
  const random = seededRandom(1);
  const views = shards.map((id) => shardView(id));
  return keys.map((metadata, turn) => {
    const shard = place({ metadata }, views, { policy, masterToo: false, onTheWay: counts, turn, random }) ?? '';
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
    return shard;
  });
}

function bySlots(shards: readonly string[], before?: readonly string[]) {
  const table = slotTable(
    shards.map((id) => ({ id, weight: 1 })),
    before,
  );
  return { table, shards: keys.map(({ namespace, name }) => table[slotOf(`${namespace}/${name}`)] ?? '') };
}

/** Applications that come one after another, while the master updates the table after every thousand. */
function bySlotsInTurn(shards: readonly string[]): readonly string[] {
  const counts = new Map(shards.map((id) => [id, 0]));
  let table: readonly string[] = [];
  return keys.map(({ namespace, name }, turn) => {
    const shares = shards.map((id) => ({ id, weight: 1, applications: counts.get(id) ?? 0 }));
    if (turn % 1000 === 0) table = slotTable(levelled(shares), table);
    const shard = table[slotOf(`${namespace}/${name}`)] ?? '';
    counts.set(shard, (counts.get(shard) ?? 0) + 1);
    return shard;
  });
}

function imbalance(placement: readonly string[], shards: number): number {
  const counts = new Map<string, number>();
  for (const shard of placement) counts.set(shard, (counts.get(shard) ?? 0) + 1);
  return Math.max(...counts.values()) / (placement.length / shards);
}

const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `shard-${i}`);
const different = (a: readonly string[], b: readonly string[]): number => a.filter((shard, i) => shard !== b[i]).length;

/** Rows about the functions that choose shards; nothing runs. */
export function placementRows(): readonly Row[] {
  const twenty = ids(20);
  const even = policies.map((policy) => `${policy} ${imbalance(placed(policy, twenty), 20).toFixed(3)}`);
  const five = bySlots(ids(5));
  const six = bySlots(ids(6), five.table);
  const counts = new Map(ids(5).map((id) => [id, applications / 5]));
  const views: readonly ShardView[] = ids(6).map((id) => shardView(id, { applications: counts.get(id) ?? 0 }));
  const plan = planRebalance(views, counts, { mode: 'now' }, { underWay: 0, isActive: false });
  const moves = plan.moves.reduce((sum, { count }) => sum + count, 0);
  return [
    {
      row: 'imbalance max/mean, 20 shards',
      target: '<= 1.05',
      measured: `${even.join(', ')}, slots in the API server ${imbalance(bySlotsInTurn(twenty), 20).toFixed(3)}`,
    },
    {
      row: 'moves when a 6th shard joins',
      target: '~ 1/6 = 0.167',
      measured: `rebalance ${(moves / applications).toFixed(3)}, slot table ${(different(five.shards, six.shards) / applications).toFixed(3)}`,
    },
  ];
}
