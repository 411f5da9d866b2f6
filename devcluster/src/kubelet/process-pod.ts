import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { timestamp } from '../controllers/context.ts';
import { ContainerProcess } from './container-process.ts';
import { ConfigurationError, environmentOf, expand } from './environment.ts';
import type { EnvironmentSources } from './environment.ts';
import type { HostPorts } from '../controllers/host-ports.ts';
import type { LogBuffer } from './log-buffer.ts';
import type { Container } from './pod.ts';
import { repositoryOf, specOf } from './pod.ts';
import type { ContainerView, Terminated } from './pod-status.ts';
import { watchProbe } from './probe.ts';
import { materialise, relocate } from './volumes.ts';
import type { KubeletOptions } from './kubelet-options.ts';

const maxBackoffMs = 5 * 60 * 1000;
const tokenLifeSeconds = 3600;

/** Messages of a pod's worker to the kubelet. */
export interface PodHost {
  readonly options: KubeletOptions;
  readonly sources: EnvironmentSources;
  /** Chooses the host ports of a container that is about to start; undefined where the pod has an address of its own. */
  readonly ports: (() => Promise<HostPorts>) | undefined;
  /** The view of a container changed: the status is to be written. */
  readonly update: (container: string, view: ContainerView) => void;
  /** Where a container's output goes from now on. */
  readonly newLog: (container: string) => LogBuffer;
}

/** What a container is started with. */
interface Prepared {
  readonly command: string[];
  readonly env: Record<string, string>;
  readonly ports: HostPorts | undefined;
}

const portsText = (ports: HostPorts): string =>
  Object.entries(ports)
    .map(([port, hostPort]) => `${port}=${hostPort}`)
    .join(',');

/** Runs the containers of one pod as processes of this machine until the signal aborts, restarting them as the pod says. */
export class ProcessPod {
  readonly #host: PodHost;
  readonly #pod: KubeObject;
  readonly #folder: string;

  constructor(pod: KubeObject, host: PodHost) {
    this.#pod = pod;
    this.#host = host;
    this.#folder = join(host.options.scratchDir, pod.metadata.uid ?? '');
  }

  async run(signal: AbortSignal): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#writeToken();
    const ended = new AbortController();
    const refresh = this.#refreshToken(AbortSignal.any([signal, ended.signal]));
    await Promise.all(specOf(this.#pod).containers.map((container) => this.#keepRunning(container, signal)));
    ended.abort();
    await refresh;
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #keepRunning(container: Container, signal: AbortSignal): Promise<void> {
    const { options, update } = this.#host;
    const { clock } = options;
    const isOver = (): boolean => signal.aborted;
    let last: Terminated | undefined;
    for (let restarts = this.#restartsBefore(container.name); !isOver(); restarts += 1) {
      const exit = await this.#runOnce(container, { restarts, last }, signal);
      last = exit;
      const policy = specOf(this.#pod).restartPolicy ?? 'Always';
      const over = policy === 'Never' || (policy === 'OnFailure' && exit.exitCode === 0);
      const terminated: ContainerView = {
        ...stopped,
        state: { is: 'terminated', end: exit },
        restartCount: restarts,
        containerID: exit.containerID ?? '',
        last: undefined,
      };
      if (isOver() || over) {
        update(container.name, terminated);
        return;
      }
      const backoffMs = restarts === 0 ? 0 : Math.min(maxBackoffMs, options.restartBackoffMs * 2 ** (restarts - 1));
      const waiting = {
        is: 'waiting',
        reason: 'CrashLoopBackOff',
        message: `back-off ${Math.ceil(backoffMs / 1000)}s restarting failed container=${container.name}`,
      } as const;
      update(container.name, {
        ...stopped,
        state: backoffMs > 0 ? waiting : { is: 'terminated', end: exit },
        restartCount: restarts,
        last: exit,
      });
      await clock.sleep(backoffMs, signal).catch(() => undefined);
    }
  }

  /** After a restart of the cluster the count goes on. */
  #restartsBefore(container: string): number {
    const status = this.#pod['status'] as
      { containerStatuses?: readonly { name: string; restartCount: number; containerID?: string }[] } | undefined;
    const before = status?.containerStatuses?.find((c) => c.name === container);
    return before?.containerID ? before.restartCount + 1 : 0;
  }

  async #runOnce(
    container: Container,
    past: { restarts: number; last: Terminated | undefined },
    signal: AbortSignal,
  ): Promise<Terminated> {
    const { options, update, newLog } = this.#host;
    const { clock } = options;
    const log = newLog(container.name);
    const startedAt = timestamp(clock);
    let process: ContainerProcess;
    let prepared: Prepared;
    try {
      prepared = await this.#prepare(container);
      process = new ContainerProcess({ ...prepared, cwd: this.#folder }, log);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const reason = error instanceof ConfigurationError ? error.reason : 'CreateContainerError';
      log.end();
      return { exitCode: 128, reason, message, startedAt, finishedAt: timestamp(clock) };
    }
    const containerID = `process://${process.pid ?? 0}`;
    const running: ContainerView = {
      state: { is: 'running', startedAt },
      ready: !container.readinessProbe,
      started: true,
      restartCount: past.restarts,
      containerID,
      last: past.last,
    };
    update(container.name, running);
    const over = new AbortController();
    const probing = this.#probe({ container, process, running, ...prepared }, AbortSignal.any([signal, over.signal]));
    const exit = await this.#waitForExit(process, signal);
    over.abort();
    await probing;
    const reason = exit.code === 0 ? 'Completed' : 'Error';
    return { exitCode: exit.code, reason, startedAt, finishedAt: timestamp(clock), containerID };
  }

  async #prepare(container: Container): Promise<Prepared> {
    const { options, sources } = this.#host;
    const ports = await this.#host.ports?.();
    const entry = options.processImages[repositoryOf(container.image)] ?? [];
    const own = environmentOf(container, sources);
    const mounts = await materialise(container, sources, this.#folder);
    const args = [...(container.command?.slice(1) ?? []), ...(container.args ?? [])];
    const inherited = Object.entries(options.env).filter(
      ([key, value]) => value !== undefined && /^(PATH|HOME|TMPDIR|NODE_.*)$/.test(key),
    );
    const env = {
      ...(Object.fromEntries(inherited) as Record<string, string>),
      HOSTNAME: this.#pod.metadata.name ?? '',
      KUBECONFIG: join(this.#folder, 'kubeconfig'),
      FLOTILLA_LISTEN_HOST: sources.podIp,
      ...(ports && { FLOTILLA_LISTEN_PORTS: portsText(ports) }),
      ...Object.fromEntries(Object.entries(own).map(([key, value]) => [key, relocate(value, mounts)])),
    };
    return { command: [...entry, ...args.map((arg) => relocate(expand(arg, own), mounts))], env, ports };
  }

  async #waitForExit(process: ContainerProcess, signal: AbortSignal): Promise<{ code: number }> {
    const { clock } = this.#host.options;
    const graceMs = (specOf(this.#pod).terminationGracePeriodSeconds ?? 30) * 1000;
    const stop = (): void => {
      process.kill('SIGTERM');
      const grace = new AbortController();
      void process.exited.then(() => {
        grace.abort();
      });
      clock.sleep(graceMs, grace.signal).then(
        () => {
          process.kill('SIGKILL');
        },
        () => undefined,
      );
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    const exit = await process.exited;
    signal.removeEventListener('abort', stop);
    return exit;
  }

  async #probe(
    run: { container: Container; process: ContainerProcess; running: ContainerView } & Prepared,
    signal: AbortSignal,
  ): Promise<void> {
    const { container, process, env, running } = run;
    const { clock } = this.#host.options;
    const target = { container, podIp: this.#host.sources.podIp, ports: run.ports ?? {}, env };
    const { startupProbe, readinessProbe, livenessProbe } = container;
    if (startupProbe)
      await new Promise<void>((resolve) => {
        const started = new AbortController();
        const onChange = (good: boolean): void => {
          if (good) started.abort();
          else process.kill('SIGTERM');
        };
        void watchProbe(startupProbe, target, { clock, onChange }, AbortSignal.any([signal, started.signal])).then(
          resolve,
        );
      });
    const onReady = (ready: boolean): void => {
      if (!signal.aborted) this.#host.update(container.name, { ...running, ready });
    };
    const onAlive = (alive: boolean): void => {
      if (!alive) process.kill('SIGTERM');
    };
    await Promise.all([
      readinessProbe && watchProbe(readinessProbe, target, { clock, onChange: onReady }, signal),
      livenessProbe && watchProbe(livenessProbe, target, { clock, onChange: onAlive }, signal),
    ]);
  }

  async #refreshToken(signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#host.options;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      await clock.sleep((tokenLifeSeconds * 1000 * 2) / 3, signal).catch(() => undefined);
      if (isOver()) return;
      await this.#writeToken().catch((error: unknown) => {
        logger.warn({ name: this.#pod.metadata.name, err: error }, 'token not refreshed');
      });
    }
  }

  /** The pod's own credentials, as a mounted ServiceAccount would bring them, with a kubeconfig that points to them. */
  async #writeToken(): Promise<void> {
    const { options } = this.#host;
    const { namespace = '' } = this.#pod.metadata;
    const token = await options.issueToken(this.#pod, tokenLifeSeconds);
    const server = await options.serverUrlFor(this.#pod);
    const file = (name: string): string => join(this.#folder, name);
    await writeFile(file('token'), token, { mode: 0o600 });
    await writeFile(file('ca.crt'), options.caPem);
    await writeFile(file('namespace'), namespace);
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'dev', cluster: { server, 'certificate-authority': file('ca.crt') } }],
      users: [{ name: 'pod', user: { tokenFile: file('token') } }],
      contexts: [{ name: 'dev', context: { cluster: 'dev', user: 'pod', namespace } }],
      'current-context': 'dev',
    };
    await writeFile(file('kubeconfig'), JSON.stringify(kubeconfig), { mode: 0o600 });
  }
}

const stopped: Omit<ContainerView, 'state' | 'restartCount'> = {
  ready: false,
  started: false,
  containerID: '',
  last: undefined,
};
