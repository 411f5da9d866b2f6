import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { podResource } from '../support/core-process.ts';
import { runCommand } from '../support/fleet.ts';
import { newPlane } from '../support/new-plane.ts';
import type { Plane } from '../support/plane.ts';
import type { JudgedKinds } from '../support/real-plane/audit-policy.ts';
import { namespace } from './applications.ts';
import { injectedGroups } from './plan.ts';

/** A process of the fleet, as its pod says it. */
export interface FleetProcess {
  readonly pod: string;
  readonly shard: string;
  readonly pid: number;
  readonly ready: boolean;
}

interface ContainerStatus {
  readonly containerID?: string;
  readonly state?: { readonly running?: object };
}

interface PodStatus {
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  readonly containerStatuses?: readonly ContainerStatus[];
}

/** The judged writers. */
const judged: readonly JudgedKinds[] = [
  { group: 'core.oam.dev', resources: ['applications', 'applicationrevisions', 'resourcetrackers'] },
  { group: 'coordination.k8s.io', resources: ['leases'], namespaces: [systemNamespace] },
  { group: '', resources: ['configmaps', 'services'], namespaces: [namespace] },
  { group: 'apps', resources: ['deployments'], namespaces: [namespace] },
];

/** A cluster in processes of its own, with an API server that can be killed and started again on the same port and data. */
export class ChaosCluster {
  readonly folder: string;
  readonly plane: Plane;
  readonly #env: NodeJS.ProcessEnv;
  readonly #paused = new Set<number>();
  #client: ClosableKubeClient | undefined;

  /** On the control plane with programs in the folder `assets`; on the embedded one without. */
  constructor(folder: string, assets?: string) {
    this.folder = folder;
    // what a killed process leaves behind goes with the folder
    const clocks = `--import=${join(packageRoot(), 'test/chaos/skewed-clock.mjs')}`;
    const env = { ...process.env, TMPDIR: join(folder, 'tmp'), NODE_OPTIONS: clocks };
    this.plane = newPlane({ folder, env, readyDelayMs: 100, keepsData: true, isCuttable: true, judged }, assets);
    this.#env = { ...env, KUBECONFIG: this.plane.kubeconfig };
  }

  static async inNewFolder(assets?: string): Promise<ChaosCluster> {
    return new ChaosCluster(await mkdtemp(join(tmpdir(), 'flotilla-chaos-')), assets);
  }

  get client(): KubeClient {
    if (!this.#client) throw new Error('the cluster was not started');
    return this.#client;
  }

  get apiPid(): number {
    return this.plane.apiPid;
  }

  /** Starts the API server, the first time on a free port, then on the same again. */
  async start(): Promise<void> {
    await mkdir(join(this.folder, 'tmp'), { recursive: true });
    await this.plane.start();
    const connection = await loadConnection({ kubeconfig: this.plane.kubeconfig, env: {} });
    const common = { userAgent: 'chaos', clock: systemClock, random: systemRandom };
    this.#client ??= newKubeClient(connection, { qps: 0, burst: 0, ...common });
  }

  killApi(): Promise<void> {
    return this.plane.killApi();
  }

  /** Stops a process; it goes on at the latest when the cluster is torn down. */
  pause(pid: number): void {
    if (signal(pid, 'SIGSTOP')) this.#paused.add(pid);
  }

  isPaused(pid: number): boolean {
    return this.#paused.has(pid);
  }

  resume(pid: number): void {
    if (this.#paused.delete(pid)) signal(pid, 'SIGCONT');
  }

  resumeAll(): void {
    for (const pid of this.#paused) this.resume(pid);
  }

  /** Runs `vela` and throws with its output unless it succeeds. */
  async vela(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runCommand(join(packageRoot(), 'bin/vela'), args, { env: this.#env });
    if (code !== 0) throw new Error(`vela ${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Asks the addon for so many shards. */
  async askForShards(count: number, { waits = false } = {}): Promise<void> {
    const enable = ['addon', 'enable', 'vela-core-shard-manager', `nShards=${count}`, '--yes'];
    await this.vela(...enable, ...(waits ? [] : ['--wait=false']), ...this.plane.addonArgs);
  }

  /** What a reader of a round's result has to know of the control plane; undefined for the embedded one. */
  async describe(): Promise<string | undefined> {
    if (this.plane.kind === 'embedded') return undefined;
    const { gitVersion } = await this.client.raw<{ gitVersion: string }>('GET', '/version');
    const fences = (await this.hasPolicies()) ? 'policies and the write gate' : 'the write gate alone';
    return `kube-apiserver ${gitVersion}; fences: ${fences}; left out: ${injectedGroups.join(', ')}`;
  }

  /** Whether the API server has the admission policies that refuse writes of stale holders. */
  async hasPolicies(): Promise<boolean> {
    const path = '/apis/admissionregistration.k8s.io/v1';
    const { resources } = await this.client.raw<{ resources: readonly { name: string }[] }>('GET', path);
    return resources.some(({ name }) => name === 'validatingadmissionpolicies');
  }

  /** The processes of the fleet that run, and others with a shard's id. */
  async processes(): Promise<readonly FleetProcess[]> {
    const selection = { namespace: systemNamespace, labelSelector: labels.shardId };
    const { items } = await this.client.list(podResource, selection);
    return items.flatMap((pod) => {
      const { conditions = [], containerStatuses = [] } = (pod['status'] ?? {}) as PodStatus;
      const [container] = containerStatuses;
      const pid = Number(/^process:\/\/(\d+)$/.exec(container?.containerID ?? '')?.[1]);
      const isRunning = container?.state?.running !== undefined && pod.metadata.deletionTimestamp === undefined;
      if (!(pid > 1) || !isRunning) return [];
      const ready = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
      return [{ pod: pod.metadata.name ?? '', shard: pod.metadata.labels?.[labels.shardId] ?? '', pid, ready }];
    });
  }

  /** Keeps the logs of all processes, for the analysis of a failed round. */
  async saveLogs(): Promise<void> {
    const processes = await this.processes().catch(() => []);
    await this.plane.saveLogs(processes.map(({ pod }) => pod));
  }

  async audit(): Promise<string> {
    return readFile(this.plane.auditLog, 'utf8');
  }

  /** Ends everything that was started. */
  async stop(): Promise<void> {
    this.resumeAll();
    await this.#client?.close();
    await this.plane.stop();
  }

  /** When there is no time left: the processes of the fleet end by themselves when their cluster does. */
  killNow(): void {
    this.resumeAll();
    this.plane.killNow();
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
