import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running embedded cluster, reached as a user reaches it: by commands, and by a client. */
export interface TestCluster {
  readonly client: KubeClient;
  readonly kubeconfig: string;
  readonly folder: string;
  /** The process of the API server. */
  readonly serverPid: number;
  vela(...args: readonly string[]): Promise<CommandResult>;
  /** Runs `vela` and throws with its output unless it succeeds. */
  must(...args: readonly string[]): Promise<string>;
  kubectl(args: readonly string[], stdin?: string): Promise<CommandResult>;
  audit(): Promise<AuditEvent[]>;
  stop(): Promise<void>;
}

/** The parts of a Kubernetes audit event that tests read. */
export interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string; readonly extra?: Readonly<Record<string, readonly string[]>> };
  readonly userAgent?: string;
  readonly requestURI?: string;
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus: { readonly code: number };
  /** Where the audit policy of a real API server asks for it. */
  readonly responseObject?: { readonly metadata?: { readonly resourceVersion?: string } };
  /** Among them the resourceVersions before and after. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Starts `vela dev up` as a process; the built commands under dist/ must be there. */
export const startCluster = (...flags: readonly string[]): Promise<TestCluster> =>
  startClusterOf(packageRoot(), ...flags);

/** The same with the commands of another build, in its folder. */
export async function startClusterOf(root: string, ...flags: readonly string[]): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'flotilla-test-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const auditLog = join(folder, 'audit.jsonl');
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  const server = spawn(
    join(root, 'bin/vela'),
    ['dev', 'up', '--port', '0', '--kubeconfig', kubeconfig, '--audit-log', auditLog, ...flags],
    { env, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  await eventually('the cluster to start', async () => {
    if (server.exitCode !== null) throw new Error(`vela dev up ended with ${server.exitCode}`);
    await access(kubeconfig);
  });
  return testCluster({
    kubeconfig,
    auditLog,
    folder,
    serverPid: server.pid ?? 0,
    end: () => endProcess(server),
  });
}

export interface ClusterParts {
  readonly kubeconfig: string;
  readonly auditLog: string;
  readonly folder: string;
  readonly serverPid: number;
  /** Ends its processes. */
  end(): Promise<void>;
}

/** A cluster that runs, with a client and the commands; `stop` removes its folder. */
export async function testCluster(parts: ClusterParts): Promise<TestCluster> {
  const { kubeconfig, auditLog, folder, serverPid } = parts;
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  const root = packageRoot();
  const connection = await loadConnection({ kubeconfig, env: {} });
  const client = newKubeClient(connection, {
    qps: 1000,
    burst: 2000,
    userAgent: 'test',
    clock: systemClock,
    random: systemRandom,
  });
  const run = (command: string, args: readonly string[], stdin?: string): Promise<CommandResult> =>
    runCommand(command, args, { env, stdin });
  const vela = (...args: readonly string[]): Promise<CommandResult> => run(join(root, 'bin/vela'), args);
  return {
    client,
    kubeconfig,
    folder,
    serverPid,
    vela,
    must: async (...args) => {
      const result = await vela(...args);
      if (result.code !== 0)
        throw new Error(`vela ${args.join(' ')} ended with ${result.code}\n${result.stdout}\n${result.stderr}`);
      return result.stdout;
    },
    kubectl: (args, stdin) => run('kubectl', args, stdin),
    audit: async () => readAudit(await readFile(auditLog, 'utf8')),
    stop: async () => {
      await client.close();
      await parts.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function readAudit(text: string): AuditEvent[] {
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  return complete.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as AuditEvent]));
}

export async function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly env: NodeJS.ProcessEnv; readonly stdin?: string | undefined },
): Promise<CommandResult> {
  const child = spawn(command, args, { env: options.env, stdio: 'pipe' });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // a program may end without having read it
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.stdin ?? '');
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? -1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const killTimer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(killTimer);
}

/** Repeats the check until it passes; fails with its last complaint after the deadline. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T> | T,
  seconds = 60,
  pauseMs = 100,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw new Error(`gave up waiting for ${what}`, { cause: error });
      await sleep(pauseMs);
    }
  }
}
