import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../pkg/clock/system.ts';
import { podResource } from '../support/core-process.ts';
import { endProcess, eventually, runCommand } from '../support/fleet.ts';

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

/** An embedded cluster in a process of its own, which can be killed and started again on the same port and data. */
export class ChaosCluster {
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #paused = new Set<number>();
  #server: ChildProcess | undefined;
  #client: ClosableKubeClient | undefined;
  #port = '0';

  constructor(folder: string) {
    this.folder = folder;
    // what a killed process leaves behind goes with the folder
    const clocks = `--import=${join(packageRoot(), 'test/chaos/skewed-clock.mjs')}`;
    const kubeconfig = join(folder, 'kubeconfig');
    this.#env = { ...process.env, KUBECONFIG: kubeconfig, TMPDIR: join(folder, 'tmp'), NODE_OPTIONS: clocks };
  }

  static async inNewFolder(): Promise<ChaosCluster> {
    return new ChaosCluster(await mkdtemp(join(tmpdir(), 'flotilla-chaos-')));
  }

  get client(): KubeClient {
    if (!this.#client) throw new Error('the cluster was not started');
    return this.#client;
  }

  get auditLog(): string {
    return join(this.folder, 'audit.jsonl');
  }

  get apiPid(): number {
    return this.#server?.pid ?? 0;
  }

  /** Starts the API server, the first time on a free port, then on the same again. */
  async start(): Promise<void> {
    const kubeconfig = join(this.folder, 'kubeconfig');
    await rm(kubeconfig, { force: true });
    await mkdir(join(this.folder, 'tmp'), { recursive: true });
    const flags = ['--port', this.#port, '--kubeconfig', kubeconfig, '--audit-log', this.auditLog];
    const more = ['--data-dir', join(this.folder, 'data'), '--ready-delay', '100'];
    // not bin/vela, because its shell would be signalled instead
    const main = join(packageRoot(), 'dist/cmd/vela/main.js');
    const args = ['--disable-warning=ExperimentalWarning', main, 'dev', 'up', ...flags, ...more];
    const server = spawn(process.execPath, args, { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(join(this.folder, 'api.log'), { flags: 'a' });
    server.stdout.on('data', (chunk: Buffer) => log.write(chunk));
    server.stderr.on('data', (chunk: Buffer) => log.write(chunk));
    server.on('close', () => log.end());
    this.#server = server;
    await eventually('the API server to start', async () => {
      if (server.exitCode !== null) throw new Error(`it ended with ${server.exitCode}; see ${this.folder}/api.log`);
      await access(kubeconfig);
    });
    const connection = await loadConnection({ kubeconfig, env: {} });
    this.#port = new URL(connection.server).port;
    const common = { userAgent: 'chaos', clock: systemClock, random: systemRandom };
    this.#client ??= newKubeClient(connection, { qps: 0, burst: 0, ...common });
  }

  async killApi(): Promise<void> {
    const server = this.#server;
    if (server?.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
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

  /** Keeps what every process said, for who looks into a round that failed. */
  async saveLogs(): Promise<void> {
    for (const { pod } of await this.processes().catch(() => [])) {
      const log = await runCommand('kubectl', ['-n', systemNamespace, 'logs', pod], { env: this.#env });
      await writeFile(join(this.folder, `${pod}.log`), log.stdout);
    }
  }

  async audit(): Promise<string> {
    return readFile(this.auditLog, 'utf8');
  }

  /** Ends everything that was started. */
  async stop(): Promise<void> {
    this.resumeAll();
    await this.#client?.close();
    if (this.#server) await endProcess(this.#server);
  }

  /** When there is no time left: the processes of the fleet end by themselves when the API server does. */
  killNow(): void {
    this.resumeAll();
    if (this.#server?.exitCode === null && this.#server.signalCode === null) this.#server.kill('SIGKILL');
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
