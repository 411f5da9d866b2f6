import { createHash } from 'node:crypto';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { deployments } from '../contract/builtin.ts';
import { controllerRef } from './context.ts';
import type { ReplicaSetSpec } from './replica-set.ts';

type Quantity = number | string;

export interface DeploymentSpec extends ReplicaSetSpec {
  readonly paused?: boolean;
  readonly revisionHistoryLimit?: number;
  readonly progressDeadlineSeconds?: number;
  readonly strategy?: {
    readonly type?: string;
    readonly rollingUpdate?: { readonly maxSurge?: Quantity; readonly maxUnavailable?: Quantity };
  };
}

const hashLabel = 'pod-template-hash';

export const replicasOf = (set: KubeObject): number => (set['spec'] as ReplicaSetSpec).replicas ?? 1;
export const availableOf = (set: KubeObject): number =>
  (set['status'] as { availableReplicas?: number } | undefined)?.availableReplicas ?? 0;
const existingOf = (set: KubeObject): number => (set['status'] as { replicas?: number } | undefined)?.replicas ?? 0;
export const revisionOf = (set: KubeObject): number =>
  Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);

/** A ReplicaSet's template as its Deployment wrote it: without the hash label. */
export function templateOf(set: KubeObject): ReplicaSetSpec['template'] {
  const { template } = set['spec'] as ReplicaSetSpec;
  const labels = Object.fromEntries(
    Object.entries(template.metadata?.labels ?? {}).filter(([key]) => key !== hashLabel),
  );
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** A short name for a template's content, in the letters of generated names. */
export function templateHash(template: ReplicaSetSpec['template']): string {
  const metadata = { ...template.metadata, creationTimestamp: undefined };
  const digest = createHash('sha256')
    .update(canonical({ metadata, spec: template.spec }))
    .digest();
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return [...digest.subarray(0, 10)].map((byte) => letters[byte % letters.length]).join('');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
    .join(',')}}`;
}

/** The ReplicaSet for a Deployment's present template, beside the given older ones. */
export function newReplicaSet(
  deployment: KubeObject,
  of: { readonly hash: string; readonly revision: number; readonly sets: readonly KubeObject[] },
): KubeObject {
  const { hash, revision, sets } = of;
  const spec = deployment['spec'] as DeploymentSpec;
  const labels = { ...spec.template.metadata?.labels, [hashLabel]: hash };
  const selector = spec.selector as { matchLabels?: object };
  const copied = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([key]) => !key.startsWith('kubectl.kubernetes.io/') && !key.startsWith('deployment.kubernetes.io/'),
  );
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name ?? ''}-${hash}`,
      ...(deployment.metadata.namespace !== undefined && { namespace: deployment.metadata.namespace }),
      labels,
      annotations: {
        ...Object.fromEntries(copied),
        'deployment.kubernetes.io/desired-replicas': String(spec.replicas ?? 1),
        'deployment.kubernetes.io/max-replicas': String((spec.replicas ?? 1) + limitsOf(spec).surge),
        'deployment.kubernetes.io/revision': String(revision),
      },
      ownerReferences: [controllerRef(deployment, deployments)],
    },
    spec: {
      replicas: firstSize(spec, sets),
      ...(spec.minReadySeconds !== undefined && spec.minReadySeconds > 0 && { minReadySeconds: spec.minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

/** How large a new ReplicaSet starts: as far as the surge allows beside the old ones. */
function firstSize(spec: DeploymentSpec, old: readonly KubeObject[]): number {
  const wanted = spec.replicas ?? 1;
  const present = old.reduce((sum, set) => sum + replicasOf(set), 0);
  if (spec.strategy?.type === 'Recreate') return old.some((set) => existingOf(set) > 0) || present > 0 ? 0 : wanted;
  return Math.max(0, Math.min(wanted, wanted + limitsOf(spec).surge - present));
}

/** How many pods a rollout may add above, and take away below, the number wanted; percentages round as Kubernetes does. */
export function limitsOf({ replicas = 1, strategy }: DeploymentSpec): { surge: number; unavailable: number } {
  if (strategy?.type === 'Recreate') return { surge: 0, unavailable: replicas };
  const resolve = (value: Quantity | undefined, round: (n: number) => number): number => {
    const given = value ?? '25%';
    return typeof given === 'number' ? given : round((Number.parseInt(given, 10) / 100) * replicas);
  };
  const surge = resolve(strategy?.rollingUpdate?.maxSurge, Math.ceil);
  const unavailable = Math.min(replicas, resolve(strategy?.rollingUpdate?.maxUnavailable, Math.floor));
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export interface Scale {
  readonly set: KubeObject;
  readonly replicas: number;
}

/** The next sizes of a Deployment's ReplicaSets: the new one grows as far as the surge allows, old ones shrink as far as availability allows. */
export function nextScale(spec: DeploymentSpec, current: KubeObject | undefined, sets: readonly KubeObject[]): Scale[] {
  const old = sets.filter((set) => set.metadata.uid !== current?.metadata.uid && replicasOf(set) > 0);
  const wanted = spec.replicas ?? 1;
  if (!current) return [];
  if (old.length === 0) {
    const lingering =
      spec.strategy?.type === 'Recreate' &&
      sets.some((set) => set.metadata.uid !== current.metadata.uid && existingOf(set) > 0);
    return lingering ? [] : [{ set: current, replicas: wanted }];
  }
  if (spec.paused) return [];
  if (spec.strategy?.type === 'Recreate') return old.map((set) => ({ set, replicas: 0 }));
  return rolling(spec, current, old);
}

function rolling(spec: DeploymentSpec, current: KubeObject, old: readonly KubeObject[]): Scale[] {
  const wanted = spec.replicas ?? 1;
  const { surge, unavailable } = limitsOf(spec);
  const total = [current, ...old].reduce((sum, set) => sum + replicasOf(set), 0);
  const grown = Math.min(wanted, replicasOf(current) + Math.max(0, wanted + surge - total));
  const least = wanted - unavailable;
  // New pods that are not available yet may still fail: as many old ones stay, even those that are not available.
  let spare = Math.max(0, total - least - Math.max(0, replicasOf(current) - availableOf(current)));
  const available = [current, ...old].reduce((sum, set) => sum + Math.min(availableOf(set), replicasOf(set)), 0);
  let removable = Math.min(spare, Math.max(0, available - least));
  const shrunk = [...old]
    .sort((a, b) => revisionOf(a) - revisionOf(b))
    .map((set) => {
      const broken = Math.min(spare, Math.max(0, replicasOf(set) - availableOf(set)));
      spare -= broken;
      const healthy = Math.min(removable, replicasOf(set) - broken);
      removable -= healthy;
      return { set, replicas: replicasOf(set) - broken - healthy };
    });
  return [{ set: current, replicas: Math.min(wanted, grown) }, ...shrunk];
}
