import type { KubeObject } from '../../../machinery/src/meta.ts';
import { keyOf } from '../../../machinery/src/meta.ts';
import type { Caller } from '../contract/cluster-api.ts';
import { StatusError } from '../contract/status-error.ts';
import { pods } from '../contract/builtin.ts';
import { timestamp } from '../controllers/context.ts';
import { sameStatus } from '../controllers/replica-set.ts';
import { Addresses } from './addresses.ts';
import type { EnvironmentSources } from './environment.ts';
import { canListenOn, choosePorts, hostPortsAnnotation, hostPortsOf } from '../controllers/host-ports.ts';
import type { HostPorts } from '../controllers/host-ports.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import { LogBuffer } from './log-buffer.ts';
import type { LogQuery } from './log-buffer.ts';
import { nodeIp, nodeName } from './node.ts';
import { runsProcesses, specOf } from './pod.ts';
import { buildPodStatus } from './pod-status.ts';
import type { ContainerView } from './pod-status.ts';
import { ProcessPod } from './process-pod.ts';
import { simulate } from './simulated-pod.ts';

interface Worker {
  readonly uid: string;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

interface Logs {
  current: LogBuffer;
  previous: LogBuffer | undefined;
}

const caller: Caller = {
  user: { name: `system:node:${nodeName}`, groups: ['system:masters', 'system:nodes', 'system:authenticated'] },
  fieldManager: 'kubelet',
};

/** Runs the pods that are bound to its node: ordinary images are simulated, process images are run. */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #addresses: Addresses;
  readonly #workers = new Map<string, Worker>();
  readonly #logs = new Map<string, Logs>();
  readonly #writing = new Map<string, Promise<void>>();
  /** Whether pods that run as processes share the node's address and get ports of their own instead. */
  #sharesAddress = false;

  constructor(options: KubeletOptions) {
    this.#options = options;
    this.#addresses = new Addresses(options.random);
  }

  /** Works until the signal aborts; resolves when every process is gone. */
  async run(signal: AbortSignal): Promise<void> {
    const { api } = this.#options;
    for (const pod of api.list(pods)) this.#addresses.reserve((pod['status'] as { podIP?: string } | undefined)?.podIP);
    const probe = this.#addresses.take();
    this.#sharesAddress = !(await canListenOn(probe));
    this.#addresses.release(probe);
    api.subscribe(
      pods,
      {},
      ({ type, object }) => {
        if (signal.aborted) return;
        if (type === 'DELETED') this.#forget(object);
        else if (object.metadata.deletionTimestamp) void this.#remove(object);
        else if (specOf(object).nodeName === nodeName) this.#begin(object);
      },
      signal,
    );
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
    });
    for (const worker of this.#workers.values()) worker.stop.abort();
    await Promise.all([...this.#workers.values()].map((worker) => worker.done));
  }

  /** The output of a container; undefined when the pod does not run as a process here. */
  logs(
    pod: KubeObject,
    container: string,
    query: LogQuery & { readonly previous?: boolean },
    signal: AbortSignal,
  ): AsyncIterable<Buffer> | undefined {
    const logs = this.#logs.get(`${pod.metadata.uid ?? ''}/${container}`);
    const buffer = query.previous ? logs?.previous : logs?.current;
    return buffer?.read(query, signal);
  }

  #begin(pod: KubeObject): void {
    const key = keyOf(pod);
    const uid = pod.metadata.uid ?? '';
    if (this.#workers.get(key)?.uid === uid) return;
    if (['Succeeded', 'Failed'].includes((pod['status'] as { phase?: string } | undefined)?.phase ?? '')) return;
    const stop = new AbortController();
    const done = this.#work(pod, stop.signal).catch((error: unknown) => {
      this.#options.logger.error({ name: key, err: error }, 'pod worker failed');
    });
    this.#workers.set(key, { uid, stop, done });
  }

  async #work(pod: KubeObject, signal: AbortSignal): Promise<void> {
    const options = this.#options;
    const isProcess = runsProcesses(pod, options.processImages);
    const isShared = isProcess && this.#sharesAddress;
    const old = (pod['status'] ?? {}) as { podIP?: string; startTime?: string };
    const podIp = isShared ? nodeIp : (old.podIP ?? this.#addresses.take());
    const startTime = old.startTime ?? timestamp(options.clock);
    const containers = new Map<string, ContainerView>();
    const update = (name: string, view: ContainerView): void => {
      containers.set(name, view);
      void this.#report(pod, () => ({ podIp, hostIp: nodeIp, startTime, containers: new Map(containers) }));
    };
    const sources: EnvironmentSources = {
      pod,
      podIp,
      hostIp: nodeIp,
      nodeName,
      get: (resource, ns, name) => options.api.get(resource, ns, name),
    };
    if (!isProcess) return simulate(pod, { options, update }, signal);
    const newLog = (container: string): LogBuffer => this.#newLog(pod, container);
    const ports = isShared ? (): Promise<HostPorts> => this.#giveHostPorts(pod) : undefined;
    return new ProcessPod(pod, { options, sources, ports, update, newLog }).run(signal);
  }

  /** Chooses the ports of a pod that shares its address, and notes them on the pod for those that connect to it. */
  async #giveHostPorts(pod: KubeObject): Promise<HostPorts> {
    const { api } = this.#options;
    const target = { namespace: pod.metadata.namespace, name: pod.metadata.name ?? '' };
    const before = hostPortsOf(api.get(pods, target.namespace, target.name));
    const wanted = specOf(pod).containers.flatMap(({ ports = [] }) => ports.map((port) => port.containerPort));
    const chosen = await choosePorts(wanted, nodeIp, before);
    const text = JSON.stringify(chosen);
    if (text !== JSON.stringify(before))
      await api.mergePatch(caller, pods, target, { metadata: { annotations: { [hostPortsAnnotation]: text } } });
    return chosen;
  }

  #newLog(pod: KubeObject, container: string): LogBuffer {
    const key = `${pod.metadata.uid ?? ''}/${container}`;
    const current = new LogBuffer(this.#options.clock);
    this.#logs.set(key, { current, previous: this.#logs.get(key)?.current });
    return current;
  }

  /** Writes the status as it is when its turn comes; several changes in a row are one write. */
  #report(pod: KubeObject, view: () => Parameters<typeof buildPodStatus>[1]): Promise<void> {
    const uid = pod.metadata.uid ?? '';
    const before = this.#writing.get(uid);
    const next = (before ?? Promise.resolve()).then(() => this.#writeStatus(pod, view));
    this.#writing.set(uid, next);
    void next.then(() => {
      if (this.#writing.get(uid) === next) this.#writing.delete(uid);
    });
    return next;
  }

  async #writeStatus(pod: KubeObject, view: () => Parameters<typeof buildPodStatus>[1]): Promise<void> {
    const { api, clock, logger } = this.#options;
    const now = api.get(pods, pod.metadata.namespace, pod.metadata.name ?? '');
    if (now?.metadata.uid !== pod.metadata.uid || !now) return;
    const status = buildPodStatus(now, view(), timestamp(clock));
    const { observedGeneration, ...before } = (now['status'] ?? {}) as Record<string, unknown>;
    if (sameStatus(before, status)) return;
    const target = { namespace: pod.metadata.namespace, name: pod.metadata.name ?? '' };
    const body = {
      metadata: { uid: pod.metadata.uid },
      status: { ...(observedGeneration !== undefined && { observedGeneration }), ...status },
    };
    await api.mergePatch(caller, pods, { ...target, subresource: 'status' }, body).catch((error: unknown) => {
      if (!(error instanceof StatusError && [404, 409].includes(error.code)))
        logger.warn({ name: target.name, err: error }, 'pod status not written');
    });
  }

  async #remove(pod: KubeObject): Promise<void> {
    const worker = this.#workers.get(keyOf(pod));
    if (worker?.stop.signal.aborted) return;
    worker?.stop.abort();
    await worker?.done;
    const { api, logger } = this.#options;
    const target = { namespace: pod.metadata.namespace, name: pod.metadata.name ?? '' };
    await api
      .delete(caller, pods, target, { gracePeriodSeconds: 0, uid: pod.metadata.uid ?? '' })
      .catch((error: unknown) => {
        if (!(error instanceof StatusError && [404, 409].includes(error.code)))
          logger.warn({ name: target.name, err: error }, 'pod not removed');
      });
  }

  #forget(pod: KubeObject): void {
    const key = keyOf(pod);
    const worker = this.#workers.get(key);
    if (worker?.uid === pod.metadata.uid) {
      worker?.stop.abort();
      this.#workers.delete(key);
    }
    this.#addresses.release((pod['status'] as { podIP?: string } | undefined)?.podIP);
    for (const container of specOf(pod).containers) this.#logs.delete(`${pod.metadata.uid ?? ''}/${container.name}`);
  }
}
