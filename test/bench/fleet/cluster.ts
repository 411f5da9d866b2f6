import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { labels, systemNamespace } from '../../../pkg/apis/names.ts';
import { packageRoot } from '../../../pkg/assets/root.ts';
import { loadConnection } from '../../../pkg/client/connection.ts';
import { newKubeClient } from '../../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../../machinery/src/clock/system.ts';
import { createNamespace } from '../../support/applications.ts';
import { podResource } from '../../support/core-process.ts';
import { runCommand } from '../../support/fleet.ts';
import type { AuditEvent } from '../../support/fleet.ts';
import { newPlane } from '../../support/new-plane.ts';
import type { Plane } from '../../support/plane.ts';
import { namespace } from './workload.ts';

/** A line of the audit with its time. */
export interface AuditLine extends AuditEvent {
  readonly stageTimestamp: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A controller's process, by the annotations of its pod. */
export interface Controller {
  readonly pod: string;
  readonly shard: string;
  readonly pid: number;
  readonly ip: string;
}

export interface FleetOptions {
  /** None: one controller without sharding. */
  readonly shards: number | undefined;
  readonly replicas?: number;
  /** Whether leases are as long as they are by default, not as short as trials of failover want them. */
  readonly usualLeases?: boolean;
  /** Further flags of every controller. */
  readonly args?: readonly string[];
  /** Further `--set` of the installation. */
  readonly values?: readonly string[];
}

export const leaseSeconds = 5;
const flags = [`duration=${leaseSeconds}s`, 'renew-deadline=3s', 'retry-period=500ms'];
const electionFlags = ['lease-duration=5s', 'renew-deadline=3s', 'retry-period=500ms'];
const leaseArgs = [
  ...flags.map((flag) => `--shard-lease-${flag}`),
  ...electionFlags.map((flag) => `--leader-election-${flag}`),
];

/** The running parts, to be stopped after an interrupt. */
export const living = new Set<{ stop(): Promise<void> }>();

/** A cluster with a fleet in it, as users install it; on the control plane that KUBEBUILDER_ASSETS names, if it does. */
export class BenchCluster {
  readonly client: ClosableKubeClient;
  readonly #folder: string;
  readonly #plane: Plane;

  private constructor(folder: string, plane: Plane, client: ClosableKubeClient) {
    this.#folder = folder;
    this.#plane = plane;
    this.client = client;
  }

  static async start(options: FleetOptions): Promise<BenchCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'flotilla-bench-'));
    const planeOptions = {
      folder,
      env: process.env,
      readyDelayMs: 50,
      keepsData: false,
      isCuttable: false,
      judged: [],
    };
    const plane = newPlane(planeOptions, process.env['KUBEBUILDER_ASSETS']);
    living.add(plane);
    await plane.start();
    living.delete(plane);
    const client = newKubeClient(await loadConnection({ kubeconfig: plane.kubeconfig, env: {} }), {
      qps: 0,
      burst: 1,
      userAgent: 'bench',
      clock: systemClock,
      random: systemRandom,
    });
    const cluster = new BenchCluster(folder, plane, client);
    living.add(cluster);
    await cluster.#install(options);
    await createNamespace(client, namespace);
    return cluster;
  }

  async #install({ shards, replicas = 1, usualLeases = false, args = [], values = [] }: FleetOptions): Promise<void> {
    const { coreArgs, installArgs, addonArgs } = this.#plane;
    const sharding = shards === undefined ? [] : ['sharding.enabled=true'];
    const extraArgs = [...(usualLeases ? [] : leaseArgs), ...coreArgs, ...args];
    const extra = extraArgs.length > 0 ? [`extraArgs={${extraArgs.join(',')}}`] : [];
    const sets = [...sharding, ...values, ...extra].flatMap((value) => ['--set', value]);
    await this.vela('install', ...sets, ...installArgs);
    if (shards === undefined || shards === 0) return;
    const parameters = [`nShards=${shards}`, `replicas=${replicas}`];
    await this.vela('addon', 'enable', 'vela-core-shard-manager', ...parameters, ...addonArgs);
  }

  async vela(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, KUBECONFIG: this.#plane.kubeconfig };
    const { code, stdout, stderr } = await runCommand(join(packageRoot(), 'bin/vela'), args, { env });
    if (code !== 0) throw new Error(`vela ${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  }

  /** The controllers' processes that run now. */
  async controllers(): Promise<readonly Controller[]> {
    const { items } = await this.client.list(podResource, {
      namespace: systemNamespace,
      labelSelector: 'app.kubernetes.io/name=vela-core',
    });
    return items.flatMap((pod) => {
      const status = pod['status'] as { podIP?: string; containerStatuses?: { containerID?: string }[] } | undefined;
      const pid = Number(status?.containerStatuses?.[0]?.containerID?.replace('process://', ''));
      if (!Number.isInteger(pid) || pid <= 1 || pod.metadata.deletionTimestamp !== undefined) return [];
      const { name = '', labels: own } = pod.metadata;
      return [{ pod: name, shard: own?.[labels.shardId] ?? '', pid, ip: status?.podIP ?? '127.0.0.1' }];
    });
  }

  /** Events of the audit since a moment (milliseconds since 1970) that pass the filter. */
  async audit(since: number, keep: (line: AuditLine) => boolean): Promise<readonly AuditLine[]> {
    const found: AuditLine[] = [];
    for await (const text of createInterface({ input: createReadStream(this.#plane.auditLog) })) {
      if (!text.endsWith('}')) continue;
      const line = JSON.parse(text) as AuditLine;
      if (Date.parse(line.stageTimestamp) >= since && keep(line)) found.push(line);
    }
    return found;
  }

  async stop(): Promise<void> {
    living.delete(this);
    await this.client.close();
    await this.#plane.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The pod that a request came from; undefined for requests of people. */
export const podOf = ({ user }: AuditLine): string | undefined =>
  user.extra?.['authentication.kubernetes.io/pod-name']?.[0];

/** Processor time used so far, in seconds. */
export async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Processor time that the threads which live have used so far, in seconds: finer than the ticks of cpuOf. */
export async function threadsOf(pid: number): Promise<number> {
  const folder = `/proc/${pid}/task`;
  const times = await Promise.all(
    (await readdir(folder)).map((thread) => readFile(`${folder}/${thread}/schedstat`, 'utf8').catch(() => '0')),
  );
  return times.reduce((sum, text) => sum + Number(text.split(' ')[0]), 0) / 1e9;
}
