import type { KubeObject, OwnerReference, Resource } from '../../../machinery/src/meta.ts';
import { apiVersionOf } from '../../../machinery/src/meta.ts';
import { StatusError } from '../contract/status-error.ts';
import { callerOf } from './context.ts';
import type { ControllerContext } from './context.ts';
import { Loop } from './loop.ts';

const caller = callerOf('generic-garbage-collector');
const foreground = 'foregroundDeletion';
const orphan = 'orphan';

interface Node {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/**
 * Deletes what lost its last owner, and carries out foreground and orphan deletion.
 *
 * Keeps a node for each object that exists and, for each uid, which objects name it as their owner. An owner counts as
 * gone when nothing with its uid is where the reference points to: in the dependent's own namespace, or at cluster scope.
 */
export class GarbageCollector {
  readonly #context: ControllerContext;
  readonly #nodes = new Map<string, Node>();
  readonly #dependents = new Map<string, Set<string>>();
  readonly #loop: Loop;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, logger } = context;
    this.#loop = new Loop({ name: 'garbage-collector', clock, logger, reconcile: (uid) => this.#reconcile(uid) });
  }

  start(signal: AbortSignal): void {
    this.#context.api.subscribe(
      undefined,
      {},
      ({ type, object }, resource) => {
        if (type === 'DELETED') this.#forget(object);
        else this.#learn(object, resource);
      },
      signal,
    );
    this.#loop.start(signal);
  }

  #learn(object: KubeObject, resource: Resource): void {
    const uid = object.metadata.uid ?? '';
    const before = this.#nodes.get(uid)?.object.metadata.ownerReferences ?? [];
    const owners = object.metadata.ownerReferences ?? [];
    this.#nodes.set(uid, { resource, object });
    for (const old of before) {
      if (!owners.some((owner) => owner.uid === old.uid)) this.#unlink(old.uid, uid);
    }
    for (const owner of owners) {
      const dependents = this.#dependents.get(owner.uid) ?? new Set<string>();
      this.#dependents.set(owner.uid, dependents.add(uid));
      if (this.#isDeleting(owner.uid)) this.#loop.add(owner.uid);
    }
    const changed = owners.length > 0 && JSON.stringify(before) !== JSON.stringify(owners);
    if (changed || pendingOf(object).some((finalizer) => finalizer === foreground || finalizer === orphan))
      this.#loop.add(uid);
  }

  #isDeleting(uid: string): boolean {
    return this.#nodes.get(uid)?.object.metadata.deletionTimestamp !== undefined;
  }

  #forget(object: KubeObject): void {
    const uid = object.metadata.uid ?? '';
    this.#nodes.delete(uid);
    for (const owner of object.metadata.ownerReferences ?? []) {
      this.#unlink(owner.uid, uid);
      if (this.#isDeleting(owner.uid)) this.#loop.add(owner.uid);
    }
    for (const dependent of this.#dependents.get(uid) ?? []) this.#loop.add(dependent);
  }

  #unlink(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner);
    dependents?.delete(dependent);
    if (dependents?.size === 0) this.#dependents.delete(owner);
  }

  async #reconcile(uid: string): Promise<number | undefined> {
    const node = this.#nodes.get(uid);
    if (!node) return undefined;
    const { metadata } = node.object;
    const finalizers = pendingOf(node.object);
    if (finalizers.includes(orphan)) await this.#orphanDependents(node);
    else if (finalizers.includes(foreground)) await this.#deleteDependents(node);
    else if (!metadata.deletionTimestamp && (metadata.ownerReferences ?? []).length > 0) await this.#collect(node);
    return undefined;
  }

  /** Deletes a dependent when all its owners are gone or wait for it; removes references to gone owners while others live. */
  async #collect({ resource, object }: Node): Promise<void> {
    const references = object.metadata.ownerReferences ?? [];
    const states = references.map((reference) => ({ reference, state: this.#ownerState(object, reference) }));
    const solid = states.filter(({ state }) => state === 'solid' || state === 'unknown');
    const waiting = states.filter(({ state }) => state === 'waiting');
    const target = { namespace: object.metadata.namespace, name: object.metadata.name ?? '' };
    if (solid.length > 0) {
      if (solid.length === states.length) return;
      const ownerReferences = solid.map(({ reference }) => reference);
      await this.#try(() =>
        this.#context.api.mergePatch(caller, resource, target, {
          metadata: { uid: object.metadata.uid, ownerReferences },
        }),
      );
      return;
    }
    const blocks = waiting.length > 0 && (this.#dependents.get(object.metadata.uid ?? '')?.size ?? 0) > 0;
    const kept = (object.metadata.finalizers ?? []).find(
      (finalizer) => finalizer === orphan || finalizer === foreground,
    );
    const propagationPolicy = blocks || kept === foreground ? 'Foreground' : kept === orphan ? 'Orphan' : 'Background';
    await this.#try(() =>
      this.#context.api.delete(caller, resource, target, { uid: object.metadata.uid ?? '', propagationPolicy }),
    );
  }

  #ownerState(object: KubeObject, reference: OwnerReference): 'solid' | 'gone' | 'waiting' | 'unknown' {
    const owner = this.#ownerOf(object, reference);
    if (owner === 'unknown') return 'unknown';
    if (owner?.metadata.uid !== reference.uid) return 'gone';
    const waits =
      owner.metadata.deletionTimestamp !== undefined && (owner.metadata.finalizers ?? []).includes(foreground);
    return waits ? 'waiting' : 'solid';
  }

  /** A kind that is not served may come back: its objects are not gone, they are unknown. */
  #ownerOf(object: KubeObject, reference: OwnerReference): KubeObject | 'unknown' | undefined {
    const { api } = this.#context;
    const resource = api.resourceFor(reference.apiVersion, reference.kind);
    if (!resource) return 'unknown';
    if (resource.namespaced && object.metadata.namespace === undefined) return 'unknown';
    return api.get(resource, resource.namespaced ? object.metadata.namespace : undefined, reference.name);
  }

  async #deleteDependents({ resource, object }: Node): Promise<void> {
    const all = this.#dependentsOf(object);
    for (const dependent of all) {
      if (!dependent.object.metadata.deletionTimestamp) this.#loop.add(dependent.object.metadata.uid ?? '');
    }
    const blocking = all.filter(({ object: dependent }) =>
      dependent.metadata.ownerReferences?.some(
        (reference) => reference.uid === object.metadata.uid && reference.blockOwnerDeletion === true,
      ),
    );
    if (blocking.length === 0) await this.#removeFinalizer(resource, object, foreground);
  }

  async #orphanDependents({ resource, object }: Node): Promise<void> {
    for (const { resource: kind, object: dependent } of this.#dependentsOf(object)) {
      const ownerReferences = (dependent.metadata.ownerReferences ?? []).filter(
        (reference) => reference.uid !== object.metadata.uid,
      );
      const target = { namespace: dependent.metadata.namespace, name: dependent.metadata.name ?? '' };
      const body = {
        metadata: { uid: dependent.metadata.uid, ownerReferences: ownerReferences.length > 0 ? ownerReferences : null },
      };
      await this.#try(() => this.#context.api.mergePatch(caller, kind, target, body));
    }
    await this.#removeFinalizer(resource, object, orphan);
  }

  #dependentsOf(owner: KubeObject): Node[] {
    return [...(this.#dependents.get(owner.metadata.uid ?? '') ?? [])].flatMap((uid) => this.#nodes.get(uid) ?? []);
  }

  async #removeFinalizer(resource: Resource, object: KubeObject, finalizer: string): Promise<void> {
    const { namespace, name = '', uid, resourceVersion, finalizers = [] } = object.metadata;
    const left = finalizers.filter((other) => other !== finalizer);
    const body = {
      apiVersion: apiVersionOf(resource),
      metadata: { uid, resourceVersion, finalizers: left.length > 0 ? left : null },
    };
    await this.#context.api.mergePatch(caller, resource, { namespace, name }, body);
  }

  /** What is gone already, or is another object by now, needs nothing. */
  async #try(write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (!(error instanceof StatusError) || (error.code !== 404 && error.code !== 409)) throw error;
    }
  }
}

/** The finalizers that hold an object that is being deleted. */
function pendingOf({ metadata }: KubeObject): readonly string[] {
  return metadata.deletionTimestamp === undefined ? [] : (metadata.finalizers ?? []);
}
