import type { ShardView } from '../../pkg/scheduling/shards.ts';

/** A shard as the master sees it: ready, of weight 1 and without a limit, unless said otherwise. */
export function shardView(id: string, given: Partial<ShardView> = {}): ShardView {
  const { applications = 0, phase = 'Ready', cordoned = false, draining = false, capacity = Infinity } = given;
  return {
    id,
    phase,
    isAvailable: phase === 'Ready' && !cordoned && !draining && applications < capacity,
    cordoned,
    draining,
    weight: 1,
    capacity,
    className: '',
    labels: {},
    applications,
    load: { applications, backlog: 0, busy: 0 },
    facts: { id, lease: undefined, pods: [{ name: `${id}-0`, ready: true }], spec: undefined },
    ...given,
  };
}
