import { setTimeout as sleep } from 'node:timers/promises';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import type { Random } from '../../machinery/src/clock/clock.ts';
import { leases } from '../../pkg/lease/record.ts';
import { deploymentResource } from '../support/applications.ts';
import { podResource } from '../support/core-process.ts';
import type { Cut } from '../support/real-plane/wire.ts';
import { namespace } from './applications.ts';
import { signal } from './cluster.ts';
import type { FleetProcess } from './cluster.ts';
import type { Field } from './field.ts';
import type { FaultKind } from './plan.ts';
import { policyFaults } from './policy-faults.ts';

/** Does its harm and takes back what does not end by itself. Returns a line that says what it did. */
type Fault = (field: Field, random: Random) => Promise<string>;

const master = 'kubevela-vela-core';

function oneOf<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to choose from');
  return item;
}

const between = (from: number, to: number, random: Random): number => Math.round(from + (to - from) * random());
const nap = (ms: number, { signal }: Field): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined);

async function victim({ cluster }: Field, random: Random, isMaster: boolean): Promise<FleetProcess> {
  const processes = await cluster.processes();
  const fitting = processes.filter(({ shard, pid }) => (shard === 'master') === isMaster && !cluster.isPaused(pid));
  return oneOf(fitting, random);
}

const kill =
  (isMaster: boolean): Fault =>
  async (field, random) => {
    const { pod, pid } = await victim(field, random, isMaster);
    signal(pid, 'SIGKILL');
    return pod;
  };

/** Stops a process for so long, in lease durations. */
const pause =
  (isMaster: boolean, from: number, to: number): Fault =>
  async (field, random) => {
    const { pod, pid } = await victim(field, random, isMaster);
    const ms = between(from, to, random);
    field.cluster.pause(pid);
    await nap(ms, field);
    field.cluster.resume(pid);
    return `${pod} for ${ms} ms`;
  };

const pauseFor =
  (isMaster: boolean, from: number, to: number): Fault =>
  (field, random) => {
    const lease = field.settings.leaseSeconds * 1000;
    return pause(isMaster, from * lease, to * lease)(field, random);
  };

/** Misbehaviour of the API server towards the fleet or one of its processes, for some seconds. */
const misbehave =
  (rule: (random: Random) => object): Fault =>
  async (field, random) => {
    const everybody = random() < 0.5;
    const userAgent = everybody ? 'vela-core' : `(${(await victim(field, random, random() < 0.3)).pod})`;
    const asked = { userAgent, ...rule(random) };
    const ms = between(2000, 6000, random);
    await field.api.add(asked);
    await nap(ms, field);
    await field.api.remove(asked);
    return `${JSON.stringify(asked)} for ${ms} ms`;
  };

/**
 * A network that is parted between a process and the API server for longer than its Lease: nothing is answered, and what
 * was sent arrives in the end; or everything is refused.
 */
const cutOff: Fault = async (field, random) => {
  const { pod } = await victim(field, random, random() < 0.2);
  const ms = between(1.2 * field.settings.leaseSeconds * 1000, 2.5 * field.settings.leaseSeconds * 1000, random);
  const how = random() < 0.5 ? 'silent' : 'refused';
  const heal = await cut(field, pod, { how, ms });
  await nap(ms, field);
  await heal();
  return `${pod} for ${ms} ms, ${how === 'silent' ? 'in silence' : 'refused'}`;
};

/** Returns what ends it. */
async function cut(
  { api, cluster: { plane } }: Field,
  pod: string,
  { how, ms }: { readonly how: Cut; readonly ms: number },
): Promise<() => Promise<void>> {
  if (plane.cut) {
    await plane.cut(pod, how);
    return async () => plane.cut?.(pod, undefined);
  }
  const userAgent = `(${pod})`;
  const silence = [
    { userAgent, effect: 'delay', ms },
    { userAgent, effect: 'lagWatch', ms },
  ];
  const refusal = [
    { userAgent, effect: 'refuse', code: 503 },
    { userAgent, effect: 'dropWatch', ms: 0 },
  ];
  const rules = how === 'silent' ? silence : refusal;
  for (const rule of rules) await api.add(rule);
  return async () => {
    for (const rule of rules) await api.remove(rule);
  };
}

/** See skewed-clock.mjs. */
const jumpClock: Fault = async (field, random) => {
  const { pod, pid } = await victim(field, random, random() < 0.3);
  signal(pid, 'SIGUSR2');
  return pod;
};

/** As after a new image: every Deployment of the fleet replaces its pods, the master's first. */
const rollOut: Fault = async ({ cluster }) => {
  const selection = { namespace: systemNamespace, labelSelector: 'app.kubernetes.io/name=vela-core' };
  const { items } = await cluster.client.list(deploymentResource, selection);
  const names = items.map(({ metadata }) => metadata.name ?? '').sort((a, b) => a.length - b.length);
  const template = { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() } } };
  const body = { spec: { template } };
  for (const name of names) {
    const target = { name, namespace: systemNamespace };
    await insist(() => cluster.client.patch(deploymentResource, target, { type: 'merge', body }));
  }
  return names.join(', ');
};

const watched = ['applications', 'applicationrevisions', 'resourcetrackers', 'leases', 'shards'];

const masterDown: Fault = async (field, random) => {
  const { cluster } = field;
  const target = { name: master, namespace: systemNamespace };
  const scale = (replicas: number): Promise<unknown> =>
    cluster.client.patch(deploymentResource, target, { type: 'merge', body: { spec: { replicas } } });
  const ms = between(4000, 9000, random);
  // other faults may swallow the answer to what was done
  try {
    await scale(0);
    await nap(ms, field);
  } finally {
    await insist(() => scale(1));
  }
  return `for ${ms} ms`;
};

const scaleBy =
  (step: number): Fault =>
  async (field) => {
    field.shards = Math.max(2, field.shards + step);
    const asked = field.shards;
    await field.cluster.askForShards(asked);
    return `to ${asked}`;
  };

async function someApplications({ cluster }: Field, random: Random, most: number): Promise<readonly KubeObject[]> {
  const { items } = await cluster.client.list(applicationResource, { namespace, metadataOnly: true });
  const left = [...items];
  const count = between(1, most, random);
  return Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1)).flat();
}

const relabel =
  (value: (field: Field, random: Random) => string | null): Fault =>
  async (field, random) => {
    const victims = await someApplications(field, random, 4);
    for (const { metadata } of victims) {
      const body = { metadata: { labels: { [labels.scheduledShardId]: value(field, random) } } };
      await label(field, metadata.name ?? '', body);
    }
    return victims.map(({ metadata }) => metadata.name).join(', ');
  };

/** An Application that was deleted in between needs no label. */
async function label({ cluster }: Field, name: string, body: { metadata: object }): Promise<void> {
  const patch = { type: 'merge', body: body as never } as const;
  await cluster.client.patch(applicationResource, { name, namespace }, patch).catch((error: unknown) => {
    if ((error as { code?: number }).code !== 404) throw error;
  });
}

const anyShard = ({ shards }: Field, random: Random): string => `shard-${Math.floor(random() * shards)}`;

const askForMoves: Fault = async (field, random) => {
  const victims = await someApplications(field, random, 8);
  const moves = victims.map(({ metadata }) => ({ name: metadata.name ?? '', to: anyShard(field, random) }));
  const ask = ({ name }: { name: string }, to: string | null): Promise<void> =>
    label(field, name, { metadata: { labels: { [labels.shardMove]: to } } });
  for (const move of moves) await ask(move, move.to);
  const [first] = moves;
  if (first && random() < 0.3) {
    await nap(between(0, 300, random), field);
    await ask(first, null);
  }
  return moves.map(({ name, to }) => `${name} to ${to}`).join(', ');
};

async function someLease({ cluster }: Field, random: Random): Promise<string> {
  const selection = { namespace: systemNamespace, labelSelector: labels.shardId };
  const { items } = await cluster.client.list(leases, selection);
  return oneOf(items, random).metadata.name ?? '';
}

const deleteLease: Fault = async (field, random) => {
  const name = await someLease(field, random);
  await field.cluster.client.delete(leases, { name, namespace: systemNamespace });
  return name;
};

const edits = [
  { holderIdentity: '' },
  { holderIdentity: 'stranger_1_2' },
  { renewTime: '2020-01-01T00:00:00.000000Z' },
  { renewTime: '2040-01-01T00:00:00.000000Z' },
  { leaseTransitions: 1000 },
  { leaseTransitions: 0 },
  { leaseDurationSeconds: 1 },
];

const editLease: Fault = async (field, random) => {
  const name = await someLease(field, random);
  const spec = oneOf(edits, random);
  await field.cluster.client.patch(leases, { name, namespace: systemNamespace }, { type: 'merge', body: { spec } });
  return `${name}: ${JSON.stringify(spec)}`;
};

/** A second process with a shard's id, of no Deployment. */
const startTwin: Fault = async (field, random) => {
  const { cluster } = field;
  const shard = anyShard(field, random);
  const name = `twin-${shard}-${Math.floor(random() * 1e6)}`;
  const from = await cluster.client.get(deploymentResource, { name: `${master}-${shard}`, namespace: systemNamespace });
  const { template } = from['spec'] as { template: { metadata: { labels: Record<string, string> }; spec: object } };
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: systemNamespace, labels: template.metadata.labels },
    spec: template.spec,
  };
  try {
    await cluster.client.create(podResource, pod);
    await nap(between(6000, 12_000, random), field);
  } finally {
    await insist(() => cluster.client.delete(podResource, { name, namespace: systemNamespace }));
  }
  return name;
};

const restartApi: Fault = async ({ cluster }, random) => {
  await cluster.killApi();
  await sleep(between(0, 1000, random));
  await cluster.start();
  return 'by kill -9';
};

const stallApi: Fault = async (field, random) => {
  const ms = between(1500, 4000, random);
  const pid = field.cluster.apiPid;
  field.cluster.pause(pid);
  await nap(ms, field);
  field.cluster.resume(pid);
  return `for ${ms} ms`;
};

/** What must be taken back is tried until it succeeds. */
async function insist(action: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await action();
      return;
    } catch (error) {
      if ((error as { code?: number }).code === 404) return;
      if (attempt > 60) throw error;
      await sleep(250);
    }
  }
}

export const faults: Readonly<Record<FaultKind, Fault>> = {
  killShard: kill(false),
  killMaster: kill(true),
  pauseShard: pauseFor(false, 1.1, 4),
  pauseMaster: pauseFor(true, 1.1, 1.6),
  blockShard: pauseFor(false, 0.1, 0.6),
  restartApi,
  stallApi,
  delayRequests: misbehave((random) => ({ effect: 'delay', ms: between(200, 2500, random), share: 0.5 })),
  refuseRequests: misbehave((random) => ({ effect: 'refuse', code: oneOf([429, 500, 503], random), share: 0.3 })),
  loseAnswers: misbehave(() => ({ effect: 'timeoutAfterWrite', share: 0.15 })),
  dropWatches: misbehave((random) => ({ effect: 'dropWatch', ms: between(0, 2000, random) })),
  lagWatches: misbehave((random) => ({
    effect: 'lagWatch',
    ms: between(500, 4000, random),
    resources: [oneOf(watched, random)],
  })),
  breakConnections: misbehave(() => ({ effect: 'restart', share: 0.02 })),
  masterDown,
  joinShard: scaleBy(1),
  leaveShard: scaleBy(-1),
  removeLabel: relabel(() => null),
  nonsenseLabel: relabel(() => 'nowhere'),
  foreignLabel: relabel(anyShard),
  deleteLease,
  editLease,
  askForMoves,
  startTwin,
  cutOff,
  jumpClock,
  rollOut,
  ...policyFaults({ nap, insist }),
};
