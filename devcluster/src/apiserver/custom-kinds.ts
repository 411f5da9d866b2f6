import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { Logger } from '../../../machinery/src/logging/logger.ts';
import { deepCopy } from '../../../machinery/src/patch/json.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { loopback } from '../contract/user.ts';
import type { MutableObject } from '../contract/strategy.ts';
import { establish } from '../schema/crd-status.ts';
import type { Change } from '../storage/history.ts';
import { timestamp } from './core.ts';
import type { Core } from './core.ts';
import type { WriteContext } from './write-context.ts';
import { definitionsId, cleanupFinalizer, isEstablished } from './custom-definition.ts';
import type { Definition } from './custom-definition.ts';
import { customResources } from './custom-resource.ts';
import { modify } from './modify.ts';
import { remove } from './remove.ts';
import { StatusError } from '../contract/status-error.ts';

const context: WriteContext = {
  user: loopback,
  fieldManager: 'kube-apiserver',
  dryRun: false,
  fieldValidation: 'Ignore',
  options: undefined,
  warn: () => undefined,
};

/**
 * Follows the stored definitions: accepts their names, serves their kinds, and when one is deleted removes its objects
 * before it lets the definition go.
 */
export class CustomKinds {
  readonly #core: Core;
  readonly #metadata: Schema | undefined;
  readonly #logger: Logger;

  constructor(core: Core, metadata: Schema | undefined, logger: Logger) {
    this.#core = core;
    this.#metadata = metadata;
    this.#logger = logger;
  }

  /** Serves what is stored already and follows what comes, until the signal aborts. */
  follow(signal: AbortSignal): void {
    const collection = this.#core.store.collection(definitionsId);
    const handler = (change: Change): void => {
      if (change.type === 'DELETED') this.#withdraw(change.stored.object as Definition);
      else this.#take(change.stored.object as Definition);
    };
    for (const stored of collection.scan('')) this.#take(stored.object as Definition);
    collection.handlers.add(handler);
    signal.addEventListener('abort', () => collection.handlers.delete(handler), { once: true });
  }

  #take(definition: Definition): void {
    if (isEstablished(definition)) this.#serve(definition);
    void this.#advance(definition);
  }

  #serve(definition: Definition): void {
    const { group, names } = definition.spec;
    const served = customResources(definition, { store: this.#core.store, metadata: this.#metadata });
    this.#core.resources.replace(group, names.plural, served);
  }

  #withdraw({ spec }: Definition): void {
    const { resources, store } = this.#core;
    const held = [...resources.all()].some(
      ({ group, plural, custom }) => group === spec.group && plural === spec.names.plural && custom !== undefined,
    );
    if (!held) return;
    resources.replace(spec.group, spec.names.plural, []);
    store.drop(`${spec.group}/${spec.names.plural}`);
  }

  /** Writes the status that follows from the definition, and carries its deletion on. */
  async #advance(definition: Definition): Promise<void> {
    const name = definition.metadata.name ?? '';
    try {
      if (definition.metadata.deletionTimestamp !== undefined) await this.#clean(definition, name);
      else await this.#writeStatus(name);
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return;
      this.#logger.error({ err: error, kind: 'CustomResourceDefinition', name }, 'definition could not be taken in');
    }
  }

  async #writeStatus(name: string): Promise<void> {
    await this.#change(name, (live) => ({ ...live, status: this.#statusOf(live) }));
  }

  #change(name: string, wanted: (live: Definition) => object): ReturnType<typeof modify> {
    const resource = this.#core.resources.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
    if (resource === undefined) throw new Error('custom resource definitions are not served');
    const change = (live: KubeObject): MutableObject => deepCopy(wanted(live as Definition)) as MutableObject;
    const target = { namespace: undefined, name };
    return modify({ core: this.#core, resource, target, context, subresource: 'status', isInternal: true, change });
  }

  /** The status with the names that other definitions leave free. */
  #statusOf(definition: Definition): unknown {
    const others = this.#core.store
      .collection(definitionsId)
      .scan('')
      .map(({ object }) => object);
    return establish(definition, others, timestamp(this.#core.clock.now()))['status'];
  }

  async #clean(definition: Definition, name: string): Promise<void> {
    if (definition.metadata.finalizers?.includes(cleanupFinalizer) !== true) return;
    const { group, names, versions } = definition.spec;
    const version = versions.find(({ served }) => served)?.name ?? '';
    const resource = this.#core.resources.find(group, version, names.plural);
    if (resource !== undefined) {
      for (const { object } of resource.collection.scan('')) {
        const target = { namespace: object.metadata.namespace, name: object.metadata.name ?? '' };
        await remove({ core: this.#core, resource, target, context, deletion: {} });
      }
      if (resource.collection.size > 0) await this.#emptied(resource.collection);
    }
    await this.#change(name, (live) => {
      const finalizers = (live.metadata.finalizers ?? []).filter((finalizer) => finalizer !== cleanupFinalizer);
      return { ...live, metadata: { ...live.metadata, finalizers } };
    });
  }

  /** Resolves when finalizers have let the last object go. */
  #emptied(collection: { readonly size: number; readonly handlers: Set<(change: Change) => void> }): Promise<void> {
    return new Promise((resolve) => {
      const handler = (): void => {
        if (collection.size > 0) return;
        collection.handlers.delete(handler);
        resolve();
      };
      collection.handlers.add(handler);
    });
  }
}
