import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import type { User } from './user.ts';

/** One change of a stored object, in the order of resource versions. */
export interface ChangeEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

export interface Scope {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
}

/** What to list. */
export interface ListScope extends Scope {
  /** The uid of what controls them; '' for what nothing controls. */
  readonly controller?: string | undefined;
}

/** The writer, for managed fields, events and the audit; controllers are system users. */
export interface Caller {
  readonly user: User;
  readonly fieldManager: string;
}

/**
 * The API server as the cluster's own controllers and kubelet use it: in process, without HTTP, with the same
 * admission, validation, generation and watch semantics. What comes out is frozen.
 *
 * Writes fail with StatusError (apiserver/status-error.ts), as over HTTP.
 */
export interface ClusterApi {
  get(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined;
  list(resource: Resource, scope?: ListScope): readonly KubeObject[];
  /** Every kind that is served and can be listed, custom ones included, preferred versions only. */
  resources(): readonly Resource[];
  /** The resource that serves a kind, in the version asked for; undefined when nothing does. */
  resourceFor(apiVersion: string, kind: string): Resource | undefined;
  /**
   * Calls `handler` for each existing object as ADDED and then for each change, until the signal aborts.
   * Calls are synchronous, in order and must not throw; `undefined` as resource means all resources.
   */
  subscribe(
    resource: Resource | undefined,
    scope: Scope,
    handler: (event: ChangeEvent, resource: Resource) => void,
    signal: AbortSignal,
  ): void;
  create(caller: Caller, resource: Resource, object: KubeObject): Promise<KubeObject>;
  /** PUT; with a `subresource` such as `status`. */
  update(caller: Caller, resource: Resource, object: KubeObject, subresource?: string): Promise<KubeObject>;
  /** JSON merge patch, of the object or of a subresource such as `status`. */
  mergePatch(caller: Caller, resource: Resource, target: PatchTarget, body: object): Promise<KubeObject>;
  delete(
    caller: Caller,
    resource: Resource,
    target: { namespace?: string | undefined; name: string },
    options?: DeleteBehaviour,
  ): Promise<void>;
}

export interface PatchTarget {
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly subresource?: string;
}

export interface DeleteBehaviour {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** 0 removes a pod at once; the kubelet does so when its processes are gone. */
  readonly gracePeriodSeconds?: number;
}
