import type { KubeObject, ObjectMeta } from '../../machinery/src/meta.ts';
import { annotations, labels } from '../apis/names.ts';
import type { LabelSelector, ShardPartition } from '../apis/shard-partition.ts';
import { parseSelector, selectorProblems, selects } from './selector.ts';
import type { ShardView } from './shards.ts';

/** Why no shard takes an object. */
export interface Obstacle {
  /** CamelCase, for the condition and the Event. */
  readonly reason: 'NoShardAvailable' | 'UnknownPartition' | 'InvalidSelector' | 'NoShardInPartition';
  /** A sentence with the remedy. */
  readonly message: string;
}

/** The bounds of an Application to some of the shards. */
export interface Bounds {
  /** All of them must select a shard that takes it. */
  readonly selectors: readonly { readonly of: string; readonly selector: LabelSelector }[];
  /** A problem of the bounds, so that no shard may take it. */
  readonly obstacle?: Obstacle | undefined;
}

type Metadata = Pick<ObjectMeta, 'labels' | 'annotations'> | undefined;

/** Returns the bounds from an Application and its namespace: the partition of either, and the selectors of both. */
export function boundsOf(
  { metadata }: Pick<KubeObject, 'metadata'>,
  namespace: Metadata,
  partition: (name: string) => ShardPartition | undefined,
): Bounds {
  const found = [selectorOf(metadata, 'application'), selectorOf(namespace, 'namespace')];
  const name = firstText(metadata.labels?.[labels.shardPartition], namespace?.labels?.[labels.shardPartition]);
  if (name !== undefined) found.unshift(partitionBound(name, partition(name)));
  const bounds = found.filter((bound) => bound !== undefined);
  return {
    selectors: bounds.flatMap((bound) => ('selector' in bound ? [bound] : [])),
    obstacle: bounds.find((bound) => 'reason' in bound),
  };
}

/** Whether a shard is inside the bounds. */
export function isWithin({ selectors, obstacle }: Bounds, view: ShardView): boolean {
  return obstacle === undefined && selectors.every(({ selector }) => selects(selector, labelsOf(view)));
}

/** The labels of a shard for selectors: those of its spec, and its id. */
export const labelsOf = ({ id, labels: own }: ShardView): Readonly<Record<string, string>> => ({
  'flotilla.dev/shard': id,
  ...own,
});

/** Why none of the given shards takes an Application with these bounds. */
export function obstacleOf(bounds: Bounds, views: readonly ShardView[]): Obstacle {
  if (bounds.obstacle) return bounds.obstacle;
  const inside = views.filter((view) => isWithin(bounds, view));
  const by = bounds.selectors.map(({ of }) => of).join(' and ');
  if (by !== '' && inside.length === 0)
    return { reason: 'NoShardInPartition', message: `no shard is chosen by ${by}: label one, or change that` };
  const what = by === '' ? 'no shard is available' : `no shard chosen by ${by} is available`;
  const states = inside.slice(0, shown).map((view) => `${view.id} is ${stateOf(view)}`);
  const more = inside.length > shown ? [`${inside.length - shown} more`] : [];
  const list = inside.length === 0 ? 'there is none, start one' : [...states, ...more].join(', ');
  return { reason: 'NoShardAvailable', message: `${what}: ${list}` };
}

const shown = 5;

function stateOf(view: ShardView): string {
  if (view.phase !== 'Ready') return view.phase;
  if (view.draining) return 'draining';
  if (view.cordoned) return 'cordoned';
  if (view.applications >= view.capacity) return `full (${view.applications} of ${view.capacity})`;
  return view.isAvailable ? 'not for it' : 'not available';
}

type Bound = Bounds['selectors'][number] | Obstacle | undefined;

function selectorOf(metadata: Metadata, what: string): Bound {
  const text = metadata?.annotations?.[annotations.shardSelector] ?? '';
  if (text === '') return undefined;
  const of = `the annotation ${annotations.shardSelector} of the ${what}`;
  const selector = parseSelector(text);
  if (selector) return { of, selector };
  return {
    reason: 'InvalidSelector',
    message: `${of}: "${text}" is no label selector such as region=eu,tier in (a,b)`,
  };
}

function partitionBound(name: string, partition: ShardPartition | undefined): Bound {
  const of = `shardpartition "${name}"`;
  const remedy = `create it, or change the label ${labels.shardPartition} of the application or its namespace`;
  if (!partition) return { reason: 'UnknownPartition', message: `${of} does not exist: ${remedy}` };
  const problems = selectorProblems(partition.spec.selector);
  if (problems.length === 0) return { of, selector: partition.spec.selector };
  return { reason: 'InvalidSelector', message: `${of}: ${problems.join('; ')}` };
}

const firstText = (...texts: readonly (string | undefined)[]): string | undefined =>
  texts.find((text) => text !== undefined && text !== '');
