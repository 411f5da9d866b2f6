import { setMaxListeners } from 'node:events';
import { isForbidden, isNotFound } from '../../apis/api-error.ts';
import type { KubeClient, Named } from '../../apis/kube-client.ts';
import type { KubeObject, Resource } from '../../apis/meta.ts';
import { labels } from '../../apis/names.ts';
import type { Clock, Random } from '../../clock/clock.ts';
import type { DeliveredWatch } from '../../dispatch/apply.ts';
import { Reflector } from '../../informer/reflector.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Source } from '../../reconcile/source.ts';
import { Followed } from './followed.ts';

export interface DeliveredOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Says which events need the Application with the given key to be looked at. */
export interface Concerns {
  changed(key: string, object: KubeObject, resource: Resource): boolean;
  gone(key: string): boolean;
}

interface Kind {
  readonly resource: Resource;
  readonly followed: Followed;
}

/**
 * What happens to the resources of an Application within this time is looked at once: changes come in flocks, and those
 * that this process makes itself are often told by the watch before they are answered.
 */
const gatherMs = 100;

/**
 * Watches of the metadata of what Applications deliver: one for each kind in use, begun when it is first delivered.
 *
 * They make drift and progress visible at once, and tell that nothing happened without a request.
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
    const kind = { resource, followed };
    this.#kinds.set(key, kind);
    this.#begin?.(kind);
    return kind;
  }

  /** Whoever acts for the authors of Applications may have no right of its own to watch: the resync has to do then. */
  async #watch({ resource, followed }: Kind, signal: AbortSignal): Promise<void> {
    const { client, clock, random, logger } = this.#options;
    const selection = { labelSelector: labels.appName };
    try {
      await client.list(resource, { ...selection, metadataOnly: true, limit: 1, signal });
    } catch (error) {
      if (isForbidden(error) || isNotFound(error)) {
        logger.info({ kind: resource.kind, err: error }, 'delivered resources of a kind cannot be watched');
        return;
      }
    }
    const keep = (object: KubeObject): boolean => followed.has(object);
    const parts = { client, clock, random, logger, resource, selection, metadataOnly: true };
    await new Reflector<KubeObject>({ ...parts, keep, sink: followed }).run(signal);
  }
}

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
