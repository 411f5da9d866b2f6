import { setMaxListeners } from 'node:events';
import { isForbidden, isNotFound } from '../../../apis/api-error.ts';
import type { KubeClient, Named, Selection } from '../../../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../../apis/meta.ts';
import { labels } from '../../../apis/names.ts';
import type { Clock, Random } from '../../../clock/clock.ts';
import type { DeliveredWatch } from '../../../dispatch/apply.ts';
import { delivererOf } from '../../../dispatch/deliverer.ts';
import { namesOf } from '../../../dispatch/manifest.ts';
import { Reflector } from '../../../informer/reflector.ts';
import type { Logger } from '../../../logging/logger.ts';
import type { Source } from '../../../reconcile/source.ts';
import { Followed } from './followed.ts';

export interface DeliveredOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Whose resources alone are watched; all where there are no shards. */
  readonly shard: string | undefined;
}

/** Says which events need the Application with the given key to be looked at. */
export interface Concerns {
  changed(key: string, object: KubeObject, resource: Resource): boolean;
  gone(key: string): boolean;
}

interface Kind {
  readonly resource: Resource;
  readonly followed: Followed;
  /** Whose resources the watch shows; undefined where it shows all, or has not begun. */
  selected: ReadonlySet<string> | undefined;
  reflector: Reflector<KubeObject> | undefined;
}

/**
 * What happens to the resources of an Application within this time is looked at once: changes come in flocks, and those
 * that this process makes itself are often told by the watch before they are answered.
 */
const gatherMs = 100;

/** Stands for those who wrote an object before there were shards. */
const nobody = '';

/**
 * Watches of the metadata of what Applications deliver: one for each kind in use, begun when it is first delivered.
 *
 * They make drift and progress visible at once, and tell that nothing happened without a request. What a shard delivers
 * says so in a label, so that shards do not hear of what others deliver. An Application that was moved brings along what
 * carries the label of another shard: as long as it does, that shard's is heard of as well.
 */
export class DeliveredResources implements DeliveredWatch {
  readonly #options: DeliveredOptions;
  readonly #kinds = new Map<string, Kind>();
  #tickets = 0;
  #add: ((key: string) => void) | undefined;
  #concerns: Concerns | undefined;
  #begin: ((kind: Kind) => void) | undefined;
  /** For each Application, whether something happened that concerns it. */
  #gathered = new Map<string, (() => boolean)[]>();

  constructor(options: DeliveredOptions) {
    this.#options = options;
  }

  /** A source of the keys of Applications whose resources changed. */
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

  isCurrent(
    resource: Resource,
    target: Named,
    seen: { readonly ticket: number; readonly resourceVersion: string },
  ): boolean {
    return this.#kind(resource).followed.isCurrent(objectKey(resource, target), seen);
  }

  saw(resource: Resource, live: KubeObject, app: string): void {
    const { shard } = this.#options;
    // no watch would ever show what belongs to no Application
    if (shard === undefined || live.metadata.labels?.[labels.appName] === undefined) return;
    const writer = delivererOf(live) ?? nobody;
    const { followed, selected, reflector } = this.#kind(resource);
    followed.wrote(objectKey(resource, namesOf(live)), writer);
    if (!selected || selected.has(writer)) return;
    reflector?.reselect();
    // what happened between the look and now was not heard
    this.#gather(app, () => this.#concerns?.gone(app) ?? false);
  }

  drop(app: string): void {
    for (const { followed } of this.#kinds.values()) followed.drop(app);
  }

  /** Watches until the signal aborts; kinds that are delivered for the first time meanwhile too. */
  async run(signal: AbortSignal): Promise<void> {
    const own = new AbortController();
    // one listener for each kind is no leak
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
      changed: (app: string, object: KubeObject): void => {
        this.#gather(app, () => this.#concerns?.changed(app, object, resource) ?? false);
      },
      gone: (app: string): void => {
        this.#gather(app, () => this.#concerns?.gone(app) ?? false);
      },
    };
    const followed = new Followed(listener, () => (this.#tickets += 1));
    const kind: Kind = { resource, followed, selected: undefined, reflector: undefined };
    this.#kinds.set(key, kind);
    this.#begin?.(kind);
    return kind;
  }

  /** Whoever acts for the authors of Applications may have no right of its own to watch: the resync has to do then. */
  async #watch(kind: Kind, signal: AbortSignal): Promise<void> {
    const { client, clock, random, logger } = this.#options;
    const { resource, followed } = kind;
    try {
      await client.list(resource, { labelSelector: labels.appName, metadataOnly: true, limit: 1, signal });
    } catch (error) {
      if (isForbidden(error) || isNotFound(error)) {
        logger.info({ kind: resource.kind, err: error }, 'delivered resources of a kind cannot be watched');
        return;
      }
    }
    const keep = (object: KubeObject): boolean => followed.has(object);
    const selection = (): Selection => {
      kind.selected = this.#selected(followed);
      return { labelSelector: selectorOf(kind.selected) };
    };
    const parts = { client, clock, random, logger, resource, selection, metadataOnly: true };
    kind.reflector = new Reflector<KubeObject>({ ...parts, keep, sink: followed });
    await kind.reflector.run(signal);
  }

  /** Whose resources are followed; undefined where that cannot be told by a label. */
  #selected(followed: Followed): ReadonlySet<string> | undefined {
    const { shard } = this.#options;
    if (shard === undefined) return undefined;
    const selected = new Set([shard, ...followed.writers()]);
    return selected.has(nobody) ? undefined : selected;
  }
}

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
