import { setMaxListeners } from 'node:events';
import { isForbidden, isNotFound } from '../../../apis/api-error.ts';
import type { KubeClient, Named, Selection } from '../../../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../../../machinery/src/meta.ts';
import { labels } from '../../../apis/names.ts';
import type { Clock, Random } from '../../../../machinery/src/clock/clock.ts';
import type { DeliveredWatch, SeenState } from '../../../dispatch/known.ts';
import { delivererOf } from '../../../dispatch/deliverer.ts';
import { namesOf } from '../../../dispatch/manifest.ts';
import { Reflector } from '../../../informer/reflector.ts';
import type { Logger } from '../../../../machinery/src/logging/logger.ts';
import type { Source } from '../../../reconcile/source.ts';
import { Followed } from './followed.ts';
import { RecentObjects } from './recent-objects.ts';

export interface DeliveredOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Only resources that this shard applied are watched; all of them without sharding. */
  readonly shard: string | undefined;
}

/** Decides which events require a reconcile of the Application with the given key. */
export interface Concerns {
  changed(key: string, object: KubeObject, resource: Resource): boolean;
  gone(key: string): boolean;
}

interface Kind {
  readonly key: string;
  readonly resource: Resource;
  readonly followed: Followed;
  /** The shards selected by the watch; undefined where it selects all, or has not begun. */
  selected: ReadonlySet<string> | undefined;
  reflector: Reflector<KubeObject> | undefined;
}

/** The events of an Application within this time lead to one reconcile: changes come in groups. */
const gatherMs = 20;

/** At most so many objects are held while their health is awaited. */
const heldObjects = 2000;

/** Kinds without a status, and with contents that this process has no need to hold: of these only the metadata is watched. */
const isWithoutStatus = ({ group, kind }: Resource): boolean =>
  group === 'rbac.authorization.k8s.io' ||
  (group === '' && ['ConfigMap', 'Secret', 'ServiceAccount', 'Namespace'].includes(kind)) ||
  kind === 'CustomResourceDefinition';

/** The writer of objects that were applied without sharding. */
const noShard = '';

/**
 * Watches of delivered resources: one for each kind in use, started at the first delivery of that kind.
 *
 * They make drift and progress visible at once, and show without a request that nothing changed. The lists are of metadata
 * alone, and the objects that the watches deliver are held only while their Application waits for their health. A label names the shard
 * that applied a resource, so that a shard does not receive the events of others. An Application that was moved has resources
 * with the label of another shard: as long as it has, the watch selects that shard as well.
 */
export class DeliveredResources implements DeliveredWatch {
  readonly #options: DeliveredOptions;
  readonly #kinds = new Map<string, Kind>();
  readonly #recent = new RecentObjects(heldObjects);
  #tickets = 0;
  #add: ((key: string) => void) | undefined;
  #concerns: Concerns | undefined;
  #begin: ((kind: Kind) => void) | undefined;
  /** The judgements on recent events, by Application. */
  #gathered = new Map<string, (() => boolean)[]>();

  constructor(options: DeliveredOptions) {
    this.#options = options;
  }

  /** A source of the keys of Applications with changed resources. */
  source(concerns: Concerns): Source {
    this.#concerns = concerns;
    return {
      whenSynced: () => Promise.resolve(),
      attach: (add) => {
        this.#add = add;
        return () => {
          this.#add = undefined;
        };
      },
    };
  }

  follow(resource: Resource): void {
    this.#kind(resource);
  }

  expect(resource: Resource, target: Named, app: string): number {
    return this.#kind(resource).followed.expect(objectKey(resource, target), app);
  }

  isCurrent(resource: Resource, target: Named, seen: SeenState): boolean {
    return this.#kind(resource).followed.isCurrent(objectKey(resource, target), seen);
  }

  latest(resource: Resource, target: Named, ticket: number): KubeObject | undefined {
    const object = this.#recent.get(heldKey(this.#kind(resource), objectKey(resource, target)));
    if (!object) return undefined;
    const { resourceVersion = '' } = object.metadata;
    return this.isCurrent(resource, target, { ticket, resourceVersion }) ? object : undefined;
  }

  saw(resource: Resource, live: KubeObject, app: string): void {
    const { shard } = this.#options;
    const kind = this.#kind(resource);
    this.#recent.store(heldKey(kind, objectKey(resource, namesOf(live))), live);
    // no watch selects an object without an Application
    if (shard === undefined || live.metadata.labels?.[labels.appName] === undefined) return;
    const writer = delivererOf(live) ?? noShard;
    const { followed, selected, reflector } = kind;
    followed.wrote(objectKey(resource, namesOf(live)), writer);
    if (!selected || selected.has(writer)) return;
    reflector?.reselect();
    // events between the read and the new selection are lost
    this.#gather(app, () => this.#concerns?.gone(app) ?? false);
  }

  rest(app: string): void {
    for (const kind of this.#kinds.values())
      for (const key of kind.followed.keysOf(app)) this.#recent.drop(heldKey(kind, key));
  }

  drop(app: string): void {
    this.rest(app);
    for (const { followed } of this.#kinds.values()) followed.drop(app);
  }

  /** Watches until the signal aborts, also the kinds that are delivered for the first time later. */
  async run(signal: AbortSignal): Promise<void> {
    const own = new AbortController();
    // one listener for each kind is not a leak
    setMaxListeners(0, own.signal);
    const running: Promise<void>[] = [];
    this.#begin = (kind) => {
      running.push(this.#watch(kind, own.signal));
    };
    for (const kind of this.#kinds.values()) this.#begin(kind);
    await aborted(signal);
    this.#begin = undefined;
    own.abort(signal.reason);
    await Promise.allSettled(running);
  }

  #gather(app: string, concerns: () => boolean): void {
    const isFirst = this.#gathered.size === 0;
    this.#gathered.set(app, [...(this.#gathered.get(app) ?? []), concerns]);
    if (!isFirst) return;
    void this.#options.clock.sleep(gatherMs).then(() => {
      const gathered = this.#gathered;
      this.#gathered = new Map();
      for (const [one, events] of gathered) if (events.some((event) => event())) this.#add?.(one);
    });
  }

  #kind(resource: Resource): Kind {
    const key = `${resource.group}/${resource.version}/${resource.plural}`;
    const known = this.#kinds.get(key);
    if (known) return known;
    const listener = {
      received: (name: string, object: KubeObject): void => {
        if (!isWithoutStatus(resource)) this.#recent.renew(heldKey(kind, name), object);
      },
      lost: (name: string): void => {
        this.#recent.drop(heldKey(kind, name));
      },
      changed: (app: string, object: KubeObject): void => {
        this.#gather(app, () => this.#concerns?.changed(app, object, resource) ?? false);
      },
      gone: (app: string): void => {
        this.#gather(app, () => this.#concerns?.gone(app) ?? false);
      },
    };
    const followed = new Followed(listener, () => (this.#tickets += 1));
    const kind: Kind = { key, resource, followed, selected: undefined, reflector: undefined };
    this.#kinds.set(key, kind);
    this.#begin?.(kind);
    return kind;
  }

  /** Without the right to watch a kind the controller finds drift by the resync. */
  async #watch(kind: Kind, signal: AbortSignal): Promise<void> {
    const { client, clock, random, logger } = this.#options;
    const { resource, followed } = kind;
    try {
      await client.list(resource, { labelSelector: labels.appName, metadataOnly: true, limit: 1, signal });
    } catch (error) {
      if (isForbidden(error) || isNotFound(error)) {
        logger.info({ kind: resource.kind, err: error }, 'delivered resources are not watched');
        return;
      }
    }
    const keep = (object: KubeObject): boolean => followed.has(object);
    const selection = (): Selection => {
      kind.selected = this.#selected(followed);
      return { labelSelector: selectorOf(kind.selected) };
    };
    const parts = { client, clock, random, logger, resource, selection, metadataOnly: true };
    const watchesMetadata = isWithoutStatus(resource);
    kind.reflector = new Reflector<KubeObject>({ ...parts, watchesMetadata, keep, sink: followed });
    await kind.reflector.run(signal);
  }

  /** The shards that applied followed resources; undefined where a label cannot select them. */
  #selected(followed: Followed): ReadonlySet<string> | undefined {
    const { shard } = this.#options;
    if (shard === undefined) return undefined;
    const selected = new Set([shard, ...followed.writers()]);
    return selected.has(noShard) ? undefined : selected;
  }
}

const heldKey = (kind: Kind, key: string): string => `${kind.key} ${key}`;

const selectorOf = (shards: ReadonlySet<string> | undefined): string =>
  shards ? `${labels.appName},${labels.deliveredBy} in (${[...shards].sort().join(',')})` : labels.appName;

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

const objectKey = ({ namespaced }: Resource, { namespace, name }: Named): string =>
  namespaced && namespace !== undefined ? `${namespace}/${name}` : name;
