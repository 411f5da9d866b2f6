import { setMaxListeners } from 'node:events';
import { isForbidden, isNotFound } from '../../apis/api-error.ts';
import type { KubeClient, Named } from '../../apis/kube-client.ts';
import type { KubeObject, ObjectMeta, Resource } from '../../apis/meta.ts';
import { labels } from '../../apis/names.ts';
import type { Clock, Random } from '../../clock/clock.ts';
import type { DeliveredCache } from '../../dispatch/keeper.ts';
import { Informer } from '../../informer/informer.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Source } from '../../reconcile/source.ts';

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

/**
 * Watches of the metadata of what Applications deliver: one for each kind in use, begun when it is first delivered.
 *
 * They make drift and progress visible at once, and tell that nothing happened without a request.
 */
export class DeliveredResources implements DeliveredCache {
  readonly #options: DeliveredOptions;
  readonly #informers = new Map<string, Informer>();
  #add: ((key: string) => void) | undefined;
  #concerns: Concerns | undefined;
  #begin: ((informer: Informer) => void) | undefined;

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
    const key = kindKey(resource);
    if (this.#informers.has(key)) return;
    const informer = new Informer({
      ...this.#options,
      resource,
      labelSelector: labels.appName,
      metadataOnly: true,
      transform: slim,
    });
    this.#informers.set(key, informer);
    const changed = (object: KubeObject): void => {
      this.#changed(object, resource);
    };
    informer.subscribe({
      added: changed,
      updated: (_old, object) => {
        changed(object);
      },
      deleted: (object) => {
        this.#gone(object);
      },
    });
    this.#begin?.(informer);
  }

  get(resource: Resource, { namespace, name }: Named): ObjectMeta | undefined {
    const informer = this.#informers.get(kindKey(resource));
    if (!informer?.synced) return undefined;
    return informer.get(resource.namespaced && namespace !== undefined ? `${namespace}/${name}` : name)?.metadata;
  }

  /** Watches until the signal aborts; kinds that are delivered for the first time meanwhile too. */
  async run(signal: AbortSignal): Promise<void> {
    const own = new AbortController();
    // one listener for each kind is no leak
    setMaxListeners(0, own.signal);
    const running: Promise<void>[] = [];
    this.#begin = (informer) => {
      running.push(this.#watch(informer, own.signal));
    };
    for (const informer of this.#informers.values()) this.#begin(informer);
    await aborted(signal);
    this.#begin = undefined;
    own.abort(signal.reason);
    await Promise.allSettled(running);
  }

  /** Whoever acts for the authors of Applications may have no right of its own to watch: the resync has to do then. */
  async #watch(informer: Informer, signal: AbortSignal): Promise<void> {
    const { client, logger } = this.#options;
    const { resource } = informer;
    try {
      await client.list(resource, { labelSelector: labels.appName, metadataOnly: true, limit: 1, signal });
    } catch (error) {
      if (isForbidden(error) || isNotFound(error)) {
        logger.info({ kind: resource.kind, err: error }, 'delivered resources of a kind cannot be watched');
        return;
      }
    }
    await informer.run(signal);
  }

  #changed(object: KubeObject, resource: Resource): void {
    const key = ownerKey(object);
    if (key !== undefined && this.#concerns?.changed(key, object, resource)) this.#add?.(key);
  }

  #gone(object: KubeObject): void {
    const key = ownerKey(object);
    if (key !== undefined && this.#concerns?.gone(key)) this.#add?.(key);
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

const kindKey = ({ group, version, plural }: Resource): string => `${group}/${version}/${plural}`;

function ownerKey({ metadata }: KubeObject): string | undefined {
  const name = metadata.labels?.[labels.appName];
  const namespace = metadata.labels?.[labels.appNamespace];
  return name !== undefined && namespace !== undefined ? `${namespace}/${name}` : undefined;
}

/** What is needed of an object's metadata to know it again. */
function slim(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, deletionTimestamp, labels: all = {} } = object.metadata;
  const kept = [labels.appName, labels.appNamespace] as const;
  const metadata = {
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    labels: Object.fromEntries(kept.flatMap((key) => (all[key] === undefined ? [] : [[key, all[key]]]))),
  };
  return { apiVersion: object.apiVersion, kind: object.kind, metadata };
}
