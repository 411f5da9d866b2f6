import { spawn } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Clock } from '../../../machinery/src/clock/clock.ts';
import type { HostPorts } from '../controllers/host-ports.ts';
import type { Container, Probe } from './pod.ts';

export interface ProbeTarget {
  readonly container: Container;
  readonly podIp: string;
  /** Where the pod listens instead of its container ports. */
  readonly ports: HostPorts;
  readonly env: Readonly<Record<string, string>>;
}

const fastPeriodMs = 200;

/**
 * Probes until the signal aborts and reports each change of the verdict, with thresholds.
 *
 * Until the first success it asks more often than `periodSeconds` says, so that a development cluster is quick.
 */
export async function watchProbe(
  probe: Probe,
  target: ProbeTarget,
  options: { clock: Clock; onChange: (good: boolean) => void },
  signal: AbortSignal,
): Promise<void> {
  const { clock, onChange } = options;
  const periodMs = (probe.periodSeconds ?? 10) * 1000;
  const isOver = (): boolean => signal.aborted;
  let verdict: boolean | undefined;
  let streak: Streak = { good: false, length: 0 };
  await clock.sleep((probe.initialDelaySeconds ?? 0) * 1000, signal).catch(() => undefined);
  while (!isOver()) {
    const good = await probeOnce(probe, target);
    if (isOver()) return;
    streak = { good, length: streak.good === good ? streak.length + 1 : 1 };
    const isYoung = verdict === undefined && !good;
    if (verdict !== good && suffices(probe, streak, isYoung)) {
      verdict = good;
      onChange(good);
    }
    await clock.sleep(isYoung ? Math.min(fastPeriodMs, periodMs) : periodMs, signal).catch(() => undefined);
  }
}

/** Answers of one kind in a row. */
interface Streak {
  readonly good: boolean;
  readonly length: number;
}

/** Whether a streak is long enough to change the verdict; fast failures at the beginning count by the time that they took. */
function suffices(probe: Probe, { good, length }: Streak, isYoung: boolean): boolean {
  if (good) return length >= (probe.successThreshold ?? 1);
  const needed = probe.failureThreshold ?? 3;
  return isYoung ? length * fastPeriodMs >= needed * (probe.periodSeconds ?? 10) * 1000 : length >= needed;
}

/** One attempt; never throws. */
export async function probeOnce(probe: Probe, target: ProbeTarget): Promise<boolean> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.httpGet) return httpGet(probe.httpGet, target, timeoutMs);
  if (probe.tcpSocket)
    return tcpConnect(probe.tcpSocket.host ?? target.podIp, portOf(probe.tcpSocket.port, target), timeoutMs);
  if (probe.exec) return run(probe.exec.command, target.env, timeoutMs);
  return true;
}

function portOf(port: number | string, { container, ports }: ProbeTarget): number {
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  const number = typeof port === 'number' ? port : (named ?? Number(port));
  return ports[number] ?? number;
}

function httpGet(get: NonNullable<Probe['httpGet']>, target: ProbeTarget, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const secure = get.scheme?.toUpperCase() === 'HTTPS';
    const headers = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value]));
    const options = {
      host: get.host ?? target.podIp,
      port: portOf(get.port, target),
      path: get.path ?? '/',
      headers,
      timeout: timeoutMs,
      agent: false,
    };
    const send = secure ? httpsRequest : httpRequest;
    const request = send({ ...options, ...(secure && { rejectUnauthorized: false }) }, (answer) => {
      answer.resume();
      const code = answer.statusCode ?? 0;
      resolve(code >= 200 && code < 400);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => {
      resolve(false);
    });
    request.end();
  });
}

function tcpConnect(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const done = (good: boolean) => (): void => {
      socket.destroy();
      resolve(good);
    };
    socket.on('connect', done(true)).on('error', done(false)).on('timeout', done(false));
  });
}

function run(command: readonly string[], env: Readonly<Record<string, string>>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { env, stdio: 'ignore', timeout: timeoutMs });
    child.on('error', () => {
      resolve(false);
    });
    child.on('exit', (code) => {
      resolve(code === 0);
    });
  });
}
