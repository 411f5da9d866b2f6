import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { Clock } from '../../../machinery/src/clock/clock.ts';
import type { Caller, ClusterApi } from '../contract/cluster-api.ts';
import { leases, nodes, pods } from '../contract/builtin.ts';
import { podStatus, timestamp, withCondition } from '../controllers/context.ts';
import type { ControllerContext } from '../controllers/context.ts';
import { Loop } from '../controllers/loop.ts';
import { keyOf, splitKey } from '../../../machinery/src/meta.ts';
import { misfit } from './fit.ts';
import { specOf } from './pod.ts';

export const nodeName = 'flotilla-dev';
export const nodeIp = '127.0.0.1';
const renewMs = 10_000;

const kubelet: Caller = {
  user: { name: `system:node:${nodeName}`, groups: ['system:masters', 'system:nodes'] },
  fieldManager: 'kubelet',
};
const scheduler: Caller = {
  user: { name: 'system:kube-scheduler', groups: ['system:masters'] },
  fieldManager: 'kube-scheduler',
};

export interface Scheduling {
  /** How long a pod waits until it is bound. */
  readonly delayMs: number;
  /** Pods that do not wait. */
  readonly isUrgent: (pod: KubeObject) => boolean;
}

/** Registers the one node, keeps its Lease fresh, and binds the pods to it. */
export async function startNode(
  context: ControllerContext,
  scheduling: Scheduling,
  signal: AbortSignal,
): Promise<void> {
  const { api, clock, logger } = context;
  if (!api.get(nodes, undefined, nodeName)) await api.create(kubelet, nodes, nodeObject());
  const node = api.get(nodes, undefined, nodeName);
  if (node) await api.update(kubelet, nodes, { ...node, status: nodeStatus(clock) }, 'status');
  void keepLease(api, clock, signal).catch((error: unknown) => {
    logger.warn({ err: error }, 'node lease not renewed');
  });
  const loop = new Loop({ name: 'scheduler', clock, logger, reconcile: (key) => schedule(context, key) });
  loop.start(signal);
  api.subscribe(
    pods,
    {},
    ({ type, object }) => {
      if (type !== 'ADDED' || specOf(object).nodeName) return;
      if (scheduling.isUrgent(object)) loop.add(keyOf(object));
      else loop.addAfter(keyOf(object), scheduling.delayMs);
    },
    signal,
  );
  let offer: unknown;
  api.subscribe(
    nodes,
    {},
    ({ object }) => {
      const next = JSON.stringify([object['spec'], object.metadata.labels]);
      if (object.metadata.name !== nodeName || next === offer) return;
      offer = next;
      for (const pod of api.list(pods)) if (isRefused(pod)) loop.add(keyOf(pod));
    },
    signal,
  );
}

const isRefused = (pod: KubeObject): boolean =>
  podStatus(pod).conditions?.some((c) => c.type === 'PodScheduled' && c.reason === 'Unschedulable') ?? false;

/** Binds a pod to the node, or writes down why it cannot be bound. */
async function schedule({ api, clock }: ControllerContext, key: string): Promise<undefined> {
  const { namespace, name } = splitKey(key);
  const pod = api.get(pods, namespace, name);
  const node = api.get(nodes, undefined, nodeName);
  if (!pod || !node || specOf(pod).nodeName || pod.metadata.deletionTimestamp) return;
  const message = misfit(pod, node);
  if (message === undefined) {
    const metadata = { name, ...(namespace !== undefined && { namespace }) };
    const target = { kind: 'Node', name: nodeName };
    await api.update(scheduler, pods, { apiVersion: 'v1', kind: 'Binding', metadata, target }, 'binding');
    return;
  }
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
  const conditions = withCondition(podStatus(pod).conditions, condition, timestamp(clock));
  await api.mergePatch(scheduler, pods, { namespace, name, subresource: 'status' }, { status: { conditions } });
}

function nodeObject(): KubeObject {
  const labels = { 'kubernetes.io/hostname': nodeName, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, labels }, spec: {} };
}

function nodeStatus(clock: Clock): object {
  const now = timestamp(clock);
  const room = { cpu: '64', memory: '256Gi', pods: '10000', 'ephemeral-storage': '1Ti' };
  return {
    capacity: room,
    allocatable: room,
    addresses: [
      { type: 'InternalIP', address: nodeIp },
      { type: 'Hostname', address: nodeName },
    ],
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        message: 'kubelet is posting ready status',
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      },
    ],
    nodeInfo: {
      architecture: 'amd64',
      bootID: '',
      containerRuntimeVersion: 'flotilla://dev',
      kernelVersion: '',
      kubeProxyVersion: '',
      kubeletVersion: 'v1.36.0',
      machineID: '',
      operatingSystem: 'linux',
      osImage: 'Flotilla dev cluster',
      systemUUID: '',
    },
  };
}

async function keepLease(api: ClusterApi, clock: Clock, signal: AbortSignal): Promise<void> {
  const namespace = 'kube-node-lease';
  while (!signal.aborted) {
    const spec = {
      holderIdentity: nodeName,
      leaseDurationSeconds: 40,
      renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
    };
    const present = api.get(leases, namespace, nodeName);
    if (present) await api.mergePatch(kubelet, leases, { namespace, name: nodeName }, { spec });
    else
      await api.create(kubelet, leases, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: nodeName, namespace },
        spec,
      });
    await clock.sleep(renewMs, signal).catch(() => undefined);
  }
}
