import type { Clock, Random } from '../../../machinery/src/clock/clock.ts';
import type { KubeObject, ObjectMeta, OwnerReference, Resource } from '../../../machinery/src/meta.ts';
import { apiVersionOf } from '../../../machinery/src/meta.ts';
import type { Logger } from '../../../machinery/src/logging/logger.ts';
import type { Caller, ClusterApi } from '../contract/cluster-api.ts';

/** What every controller of the cluster is given. */
export interface ControllerContext {
  readonly api: ClusterApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Certificate of the cluster's authority, for kube-root-ca.crt. */
  readonly caPem: string;
}

/** The controller manager's identity; the field manager distinguishes its writes from those of users. */
export function callerOf(controller: string): Caller {
  const user = {
    name: `system:serviceaccount:kube-system:${controller}`,
    groups: ['system:masters', 'system:serviceaccounts', 'system:authenticated'],
  };
  return { user, fieldManager: 'kube-controller-manager' };
}

/** RFC 3339 with seconds, as metav1.Time is written. */
export function timestamp(clock: Clock): string {
  return new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
}

export function controllerRef(owner: KubeObject, resource: Resource): OwnerReference {
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name: owner.metadata.name ?? '',
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The reference to the controller that an object belongs to. */
export function controllerOf(meta: ObjectMeta): OwnerReference | undefined {
  return meta.ownerReferences?.find((reference) => reference.controller === true);
}

/** The objects of a kind that the given one controls, beside it in its namespace. */
export function ownedBy(api: ClusterApi, resource: Resource, { metadata }: KubeObject): readonly KubeObject[] {
  return api.list(resource, { namespace: metadata.namespace, controller: metadata.uid ?? '' });
}

/** The safe letters that Kubernetes puts into generated names. */
export function suffix(random: Random, length = 5): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join('');
}

/** A condition as apps, batch and core kinds write them. */
export interface StatusCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
  readonly lastUpdateTime?: string;
  readonly lastProbeTime?: string | null;
}

/** Sets one condition, keeping its transition time unless the status changes. */
export function withCondition(
  all: readonly StatusCondition[] | undefined,
  next: StatusCondition,
  now: string,
): StatusCondition[] {
  const before = all?.find((condition) => condition.type === next.type);
  const rest = (all ?? []).filter((condition) => condition.type !== next.type);
  const same = before?.status === next.status;
  const unchanged = same && before.reason === next.reason && before.message === next.message;
  if (unchanged) return [...(all ?? [])];
  return [...rest, { ...next, lastTransitionTime: same ? (before.lastTransitionTime ?? now) : now }];
}

export interface PodStatus {
  readonly phase?: string;
  readonly podIP?: string;
  readonly conditions?: readonly StatusCondition[];
  readonly containerStatuses?: readonly {
    readonly name: string;
    readonly ready: boolean;
    readonly restartCount: number;
  }[];
}

export const podStatus = (pod: KubeObject): PodStatus => pod['status'] ?? {};
export const isPodReady = (pod: KubeObject): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  (podStatus(pod).conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false);
export const isFinished = (pod: KubeObject): boolean => ['Succeeded', 'Failed'].includes(podStatus(pod).phase ?? '');
/** Neither finished nor being deleted. */
export const isActive = (pod: KubeObject): boolean => !isFinished(pod) && pod.metadata.deletionTimestamp === undefined;
