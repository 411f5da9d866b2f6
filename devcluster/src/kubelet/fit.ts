import type { KubeObject } from '../../../machinery/src/meta.ts';

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

interface PodNeeds {
  readonly nodeSelector?: Readonly<Record<string, string>> | null;
  readonly tolerations?: readonly Toleration[] | null;
}

interface NodeOffer {
  readonly unschedulable?: boolean;
  readonly taints?: readonly Taint[] | null;
}

const cordoned: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/**
 * Why a pod cannot be bound to the only node, in the scheduler's words; undefined when it can. Checks cordons, taints
 * and nodeSelector; room is never short, and affinity is ignored.
 */
export function misfit(pod: KubeObject, node: KubeObject): string | undefined {
  const { nodeSelector, tolerations } = pod['spec'] as PodNeeds;
  const { unschedulable, taints } = (node['spec'] ?? {}) as NodeOffer;
  const isTolerated = (taint: Taint): boolean => (tolerations ?? []).some((t) => tolerates(t, taint));
  const none = (why: string): string => `0/1 nodes are available: 1 node(s) ${why}.`;
  if (unschedulable === true && !isTolerated(cordoned)) return none('were unschedulable');
  const bad = (taints ?? []).find((taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(taint));
  if (bad !== undefined) return none(`had untolerated taint {${bad.key}: ${bad.value ?? ''}}`);
  const labels = node.metadata.labels ?? {};
  const isSelected = Object.entries(nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  return isSelected ? undefined : none("didn't match Pod's node affinity/selector");
}

function tolerates({ key, operator = 'Equal', value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect !== undefined && effect !== '' && effect !== taint.effect) return false;
  if (operator === 'Exists') return key === undefined || key === '' || key === taint.key;
  return key === taint.key && value === (taint.value ?? '');
}
