import type { KubeClient, Named } from '../apis/kube-client.ts';
import { fenceOn } from '../apis/fence.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { ResourcePolicies } from '../appfile/resource-policy.ts';
import { isInherited } from './adopt.ts';
import { delivererOf } from './deliverer.ts';
import { formOf } from './form.ts';
import { frozenPaths } from './live-path.ts';
import type { ResolvedManifest } from './manifest.ts';
import { namesOf, objectKey } from './manifest.ts';
import type { OwnerKey } from './ownership.ts';
import { renderHashOf } from './render-hash.ts';

/** The state of an object at its last read. */
interface KnownObject {
  readonly uid: string;
  readonly resourceVersion: string;
  /** The render hash that it was given. */
  readonly hash: string;
  /** How it had what was rendered. */
  readonly form: string;
  /** The fence and the shard that it carries. */
  readonly fence: string | undefined;
  readonly shard: string | undefined;
  /** Whether it has fields of a controller that delivered it before, which are adopted with the first change. */
  readonly inherited: boolean;
  /** What `DeliveredWatch.expect` returned before that read. */
  readonly ticket: number | undefined;
}

/** The objects that this process knows to belong to an Application, by resource key. */
export type KnownObjects = Map<string, KnownObject>;

export interface ApplyContext {
  readonly client: KubeClient;
  readonly owner: OwnerKey;
  readonly policies: ResourcePolicies;
  readonly known: KnownObjects;
  /** Whether a tracker named the resource before, so that it probably exists. */
  readonly tracked: (key: string) => boolean;
  /** The fence of every write; undefined where no other process could write. */
  readonly fence: string | undefined;
  /** Written on what is written; undefined where there are no shards. */
  readonly shard: string | undefined;
  /** Which moment this is, for apply-once rules. */
  readonly moment: 'onUpdate' | 'onStateKeep';
  readonly signal: AbortSignal | undefined;
  readonly watched?: DeliveredWatch | undefined;
  /** Reports what was written although something is wrong with it. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** A state of an object, and the ticket with which it was seen. */
export interface SeenState {
  readonly ticket: number;
  readonly resourceVersion: string;
}

/** Watches that show whether delivered objects have changed. */
export interface DeliveredWatch {
  /** Begins to watch a kind. */
  follow(resource: Resource): void;
  /** Follows an object for an Application, from before it is read; the ticket is valid until an event is missed. */
  expect(resource: Resource, target: Named, app: string): number;
  /** Whether the object is still in the state that was seen with a ticket, as far as the watch has come. */
  isCurrent(resource: Resource, target: Named, seen: SeenState): boolean;
  /** The newest state of an object, as far as the watch has come; undefined where that is not held. */
  latest(resource: Resource, target: Named, ticket: number): KubeObject | undefined;
  /** Receives the read state of a followed object; its labels decide which watch shows its changes. */
  saw(resource: Resource, live: KubeObject, app: string): void;
  /** Holds the states of an Application's objects no longer; they are still followed. */
  rest(app: string): void;
  /** Follows nothing for an Application any more. */
  drop(app: string): void;
}

type Marks = Pick<KnownObject, 'fence' | 'shard'> & Partial<Pick<KnownObject, 'inherited'>>;

/** Whether an object is known to have the marks of this process: then it is applied without a read. */
export const hasMarks = <T extends Marks>(known: T | undefined, { fence, shard }: Marks): known is T =>
  known !== undefined && known.fence === fence && known.shard === shard && !known.inherited;

/** Whether watches show an object exactly as this process left or saw it, with what is wanted in it. */
export function isUnchanged(manifest: ResolvedManifest, context: Wanting, watched: DeliveredWatch): boolean {
  const seen = context.known.get(objectKey(manifest.object));
  if (seen?.ticket === undefined || seen.hash !== wantedHash(manifest.object, context)) return false;
  const { ticket, resourceVersion } = seen;
  return watched.isCurrent(manifest.resource, namesOf(manifest.object), { ticket, resourceVersion });
}

type Wanting = Pick<ApplyContext, 'known' | 'policies' | 'moment'>;

interface Remembering extends Wanting {
  readonly ticket: number | undefined;
}

/** Identifies what is wanted of an object at a moment: apply-once rules leave other fields as they are at another. */
export function wantedHash(object: KubeObject, { policies, moment }: Pick<Wanting, 'policies' | 'moment'>): string {
  const frozen = frozenPaths(policies.applyOnce.rules, object, moment);
  return [renderHashOf(object), ...frozen].join(' ');
}

/** Records the state of an object that was read or written. */
export function remember(live: KubeObject, { object }: ResolvedManifest, context: Remembering): KubeObject {
  const { known, ticket } = context;
  const { uid, resourceVersion = '' } = live.metadata;
  const marks = { fence: fenceOn(live), shard: delivererOf(live), inherited: isInherited(live) };
  const wanted = { hash: wantedHash(object, context), form: formOf(object, live) };
  if (uid !== undefined) known.set(objectKey(object), { uid, resourceVersion, ...wanted, ...marks, ticket });
  return live;
}

/** Whether a live object has what was rendered just as it had it after the last write of the same content. */
export function isInKnownForm(live: KubeObject, { object }: ResolvedManifest, context: Wanting): boolean {
  const before = context.known.get(objectKey(object));
  if (before?.hash !== wantedHash(object, context)) return false;
  if (live.metadata.uid !== before.uid || live.metadata.deletionTimestamp !== undefined) return false;
  return live.metadata.resourceVersion === before.resourceVersion || formOf(object, live) === before.form;
}

/**
 * The newest state of an object, where watches show it and it has what was rendered as after the last write: others changed
 * only what is theirs, such as its status.
 */
export function settledState(manifest: ResolvedManifest, context: ApplyContext & Remembering): KubeObject | undefined {
  const { known, watched, ticket, fence, shard } = context;
  const key = objectKey(manifest.object);
  const before = known.get(key);
  if (!hasMarks(before, { fence, shard }) || before.ticket === undefined || before.ticket !== ticket) return undefined;
  const live = watched?.latest(manifest.resource, namesOf(manifest.object), before.ticket);
  if (!live || fenceOn(live) !== fence || delivererOf(live) !== shard) return undefined;
  if (!isInKnownForm(live, manifest, context)) return undefined;
  known.set(key, { ...before, resourceVersion: live.metadata.resourceVersion ?? '' });
  return live;
}
