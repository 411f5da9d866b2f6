import type { KubeObject } from '../../machinery/src/meta.ts';
import { annotations } from '../apis/names.ts';
import type { Random } from '../../machinery/src/clock/clock.ts';
import { byPreference } from './hash.ts';
import { masterShard } from './pick.ts';
import type { ShardView } from './shards.ts';

/** How a shard is chosen among those that may take an Application. */
export const policies = ['round-robin', 'least-loaded', 'consistent-hash', 'tenant'] as const;
export type Policy = (typeof policies)[number];

/** The circumstances of the placement of an Application. */
export interface Placement {
  readonly policy: Policy;
  /** Whether the master takes its share although others could. */
  readonly masterToo: boolean;
  /** How many Applications were given to each shard since it reported its load last. */
  readonly onTheWay: ReadonlyMap<string, number>;
  /** Counts up by one with each choice. */
  readonly turn: number;
  readonly random: Random;
  /** Whether a shard is among those to which the Application is bound; all are when absent. */
  readonly inPartition?: ((view: ShardView) => boolean) | undefined;
  /** The shard of the Application that made this one, which it follows unless it says otherwise. */
  readonly parentShard?: string | undefined;
}

/** Of a tenant's shards, how many serve it: enough to outlive one, few enough that tenants share few. */
const shardsOfTenant = 2;
/** How far a shard may be above its share before the hash goes on to the next. */
const bound = 1.04;
/** Few Applications are not worth leaving the preferred shard for. */
const slack = 3;

/**
 * Returns the shard for an Application: first by its bounds (affinity, partition, parent), then by the policy among
 * the shards that are available. Undefined when no shard may take it now.
 */
export function place(
  application: Pick<KubeObject, 'metadata'>,
  views: readonly ShardView[],
  moment: Placement,
): string | undefined {
  const { metadata } = application;
  const affinity = affinityOf(metadata);
  const allowed = views.filter(
    (view) => view.isAvailable && countOf(view, moment) < view.capacity && (moment.inPartition?.(view) ?? true),
  );
  if (affinity === masterShard) return allowed.find(({ id }) => id === masterShard)?.id;
  const slaves = allowed.filter(({ id }) => id !== masterShard);
  const open = moment.masterToo || slaves.length === 0 ? allowed : slaves;
  if (affinity !== '') return byPreference(affinity, open)[0]?.id;
  const follows = metadata.annotations?.[annotations.shardInheritance] !== 'disabled';
  const parent = follows ? open.find(({ id }) => id === moment.parentShard) : undefined;
  return parent?.id ?? choose(metadata, open, moment);
}

/** The word for which a shard is chosen, instead of the name; that of a serial group holds in its namespace. */
function affinityOf({ namespace = '', annotations: found }: KubeObject['metadata']): string {
  const group = found?.[annotations.serialGroup] ?? '';
  return found?.[annotations.shardAffinity] ?? (group === '' ? '' : `${namespace}/${group}`);
}

function choose(metadata: KubeObject['metadata'], open: readonly ShardView[], moment: Placement): string | undefined {
  const { namespace = '', name = metadata.generateName ?? '' } = metadata;
  switch (moment.policy) {
    case 'round-robin':
      return turnOf(open, moment.turn);
    case 'least-loaded':
      return leastOfTwo(open, moment);
    case 'consistent-hash':
      return withinBound(byPreference(`${namespace}/${name}`, open), open, moment)?.id;
    case 'tenant':
      return least(byPreference(namespace, open).slice(0, shardsOfTenant), moment)?.id;
  }
}

/** In turn, heavier ones more often; of two alike the second comes first, as KubeVela does it. */
function turnOf(open: readonly ShardView[], turn: number): string | undefined {
  const whole = (weight: number): number => Math.max(1, Math.round(weight));
  const wheel = [...open]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .flatMap(({ id, weight }) => Array<string>(whole(weight)).fill(id));
  return wheel[turn % wheel.length];
}

const countOf = ({ id, applications }: ShardView, { onTheWay }: Placement): number =>
  applications + (onTheWay.get(id) ?? 0);

/** How full a shard is for its weight. */
const fullness = (view: ShardView, moment: Placement): number => countOf(view, moment) / Math.max(view.weight, 1e-9);

function least(open: readonly ShardView[], moment: Placement): ShardView | undefined {
  return open.reduce<ShardView | undefined>(
    (best, view) => (best && fullness(best, moment) <= fullness(view, moment) ? best : view),
    undefined,
  );
}

/** The better of two at random: nearly as even as the best of all, and two masters do not both rush to one shard. */
function leastOfTwo(open: readonly ShardView[], moment: Placement): string | undefined {
  if (open.length <= 2) return least(open, moment)?.id;
  const first = Math.floor(moment.random() * open.length) % open.length;
  const second = (first + 1 + (Math.floor(moment.random() * (open.length - 1)) % (open.length - 1))) % open.length;
  return least(
    [first, second].flatMap((i) => open[i] ?? []),
    moment,
  )?.id;
}

/** The most preferred shard that is not above its share by more than the bound. */
function withinBound(
  preferred: readonly ShardView[],
  open: readonly ShardView[],
  moment: Placement,
): ShardView | undefined {
  const total = open.reduce((sum, view) => sum + countOf(view, moment), 1);
  const weights = open.reduce((sum, { weight }) => sum + weight, 0);
  const hasRoom = (view: ShardView): boolean => countOf(view, moment) < slack + (bound * total * view.weight) / weights;
  return preferred.find(hasRoom) ?? preferred[0];
}
