import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import type {
  Caller,
  ChangeEvent,
  ClusterApi,
  DeleteBehaviour,
  ListScope,
  PatchTarget,
  Scope,
} from '../contract/cluster-api.ts';
import { applyMergePatch } from '../../../machinery/src/patch/merge-patch.ts';
import { deepCopy } from '../../../machinery/src/patch/json.ts';
import type { Json } from '../../../machinery/src/meta.ts';
import type { MutableObject } from '../contract/strategy.ts';
import type { Change } from '../storage/history.ts';
import { bind } from './binding.ts';
import { create } from './create.ts';
import type { Core } from './core.ts';
import type { WriteContext } from './write-context.ts';
import { decodeObject } from './decoding.ts';
import { notFound } from '../contract/errors.ts';
import { isSelected, prefixOf, selectionOf } from './list.ts';
import type { Selection } from './list.ts';
import { modify } from './modify.ts';
import { remove } from './remove.ts';
import { storageKey } from './served-resource.ts';
import type { ServedResource } from './served-resource.ts';
import { eventOf } from './watch.ts';

type Handler = (event: ChangeEvent, resource: Resource) => void;

/** One write of the cluster's own controllers, for the audit. */
export interface InternalWrite {
  readonly caller: Caller;
  readonly verb: string;
  readonly resource: Resource;
  readonly subresource: string;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject;
}

/** The API server without HTTP; see ClusterApi. */
export class InProcessApi implements ClusterApi {
  readonly #core: Core;
  readonly #onWrite: ((write: InternalWrite) => void) | undefined;

  constructor(core: Core, onWrite?: (write: InternalWrite) => void) {
    this.#core = core;
    this.#onWrite = onWrite;
  }

  get(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined {
    const served = this.#find(resource);
    const stored = served?.collection.get(storageKey(resource, namespace, name));
    return stored === undefined ? undefined : served?.view(stored).object;
  }

  list(resource: Resource, scope: ListScope = {}): readonly KubeObject[] {
    const served = this.#find(resource);
    if (served === undefined) return [];
    const selection = selectionIn(served, scope);
    const prefix = prefixOf(selection);
    const { collection } = served;
    const found =
      scope.controller === undefined
        ? collection.scan(prefix)
        : collection.controlledBy(scope.controller).filter(({ key }) => key.startsWith(prefix));
    return found.filter((stored) => isSelected(selection, stored)).map((stored) => served.view(stored).object);
  }

  resources(): readonly Resource[] {
    return [...this.#core.resources.all()].filter(({ isPreferred, verbs }) => isPreferred && verbs.includes('list'));
  }

  resourceFor(apiVersion: string, kind: string): Resource | undefined {
    return this.#core.resources.findKind(apiVersion, kind);
  }

  subscribe(resource: Resource | undefined, scope: Scope, handler: Handler, signal: AbortSignal): void {
    if (signal.aborted) return;
    if (resource !== undefined) {
      const served = this.#find(resource);
      if (served === undefined) throw notFound(resource, '');
      this.#follow(served, scope, handler, signal);
      return;
    }
    const followed = new Map<string, AbortController>();
    const adjust = (): void => {
      this.#followAll(followed, scope, handler);
    };
    const stop = (): void => {
      for (const controller of followed.values()) controller.abort();
    };
    signal.addEventListener('abort', stop, { once: true });
    this.#core.resources.onChange(adjust, signal);
    adjust();
  }

  #followAll(followed: Map<string, AbortController>, scope: Scope, handler: Handler): void {
    const wanted = new Map<string, ServedResource>();
    for (const served of this.#core.resources.all()) {
      if (served.isPreferred && served.verbs.includes('list')) wanted.set(served.collection.id, served);
    }
    for (const [id, controller] of followed) {
      if (wanted.has(id)) continue;
      controller.abort();
      followed.delete(id);
    }
    for (const [id, served] of wanted) {
      if (followed.has(id)) continue;
      const controller = new AbortController();
      followed.set(id, controller);
      this.#follow(served, scope, handler, controller.signal);
    }
  }

  #follow(served: ServedResource, scope: Scope, handler: Handler, signal: AbortSignal): void {
    const { collection, group, plural } = served;
    const start = this.#core.store.revision;
    const selection = selectionIn(served, scope);
    const prefix = prefixOf(selection);
    for (const stored of collection.scan(prefix)) {
      if (isSelected(selection, stored)) handler({ type: 'ADDED', object: served.view(stored).object }, served);
    }
    const onChange = (change: Change): void => {
      if (change.revision <= start || !change.stored.key.startsWith(prefix)) return;
      // The definition of a custom kind may have changed since.
      const now = this.#core.resources.find(group, served.version, plural) ?? served;
      const event = eventOf({ ...selection, resource: now }, change);
      if (event !== undefined) handler({ type: event.type, object: now.view(event.stored).object }, now);
    };
    collection.handlers.add(onChange);
    signal.addEventListener('abort', () => collection.handlers.delete(onChange), { once: true });
  }

  async create(caller: Caller, resource: Resource, object: KubeObject): Promise<KubeObject> {
    const served = this.#served(resource);
    const context = this.#context(caller, 'create', resource);
    const decoded = decodeObject(served, object, context);
    const { namespace } = object.metadata;
    return (await create({ core: this.#core, resource: served, namespace, context }, decoded)).object;
  }

  async update(caller: Caller, resource: Resource, object: KubeObject, subresource = ''): Promise<KubeObject> {
    const served = this.#served(resource);
    const context = this.#context(caller, 'update', resource, subresource);
    const target = { namespace: object.metadata.namespace, name: object.metadata.name ?? '' };
    if (subresource === 'binding') return bind(this.#core, target, object, context);
    const change = (): MutableObject => decodeObject(served, object, context);
    return (await modify({ core: this.#core, resource: served, target, context, subresource, change })).object;
  }

  async mergePatch(caller: Caller, resource: Resource, target: PatchTarget, body: object): Promise<KubeObject> {
    const { subresource = '', namespace, name } = target;
    const served = this.#served(resource);
    const context = this.#context(caller, 'patch', resource, subresource);
    const change = (live: KubeObject): MutableObject =>
      decodeObject(served, applyMergePatch(deepCopy(live) as unknown as Json, body as Json), context);
    const at = { namespace, name };
    return (await modify({ core: this.#core, resource: served, target: at, context, subresource, change })).object;
  }

  async delete(
    caller: Caller,
    resource: Resource,
    { namespace, name }: { namespace?: string | undefined; name: string },
    options: DeleteBehaviour = {},
  ): Promise<void> {
    const served = this.#served(resource);
    const context = this.#context(caller, 'delete', resource);
    await remove({ core: this.#core, resource: served, target: { namespace, name }, context, deletion: options });
  }

  #find({ group, version, plural }: Resource): ServedResource | undefined {
    return this.#core.resources.find(group, version, plural);
  }

  #served(resource: Resource): ServedResource {
    const served = this.#find(resource);
    if (served === undefined) throw notFound(resource, '');
    return served;
  }

  #context(caller: Caller, verb: string, resource: Resource, subresource = ''): WriteContext {
    const { user, fieldManager } = caller;
    const onWrite = this.#onWrite;
    return {
      user,
      fieldManager,
      dryRun: false,
      fieldValidation: 'Ignore',
      options: undefined,
      warn: () => undefined,
      ...(onWrite && {
        onWritten: (before, after) => {
          onWrite({ caller, verb, resource, subresource, before, after });
        },
      }),
    };
  }
}

function selectionIn(resource: ServedResource, { namespace, labelSelector }: Scope): Selection {
  return selectionOf(resource, namespace, { labelSelector, fieldSelector: undefined });
}
