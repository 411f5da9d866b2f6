import type { Application } from '../../pkg/apis/application.ts';
import { isNotFound } from '../../pkg/apis/api-error.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { systemClock } from '../../pkg/clock/system.ts';
import { CliError, exitCodes, printLine } from './io.ts';
import type { Io } from './io.ts';
import type { Session } from './connect.ts';

interface Named {
  readonly name: string;
  readonly namespace: string;
}

const failed = ['workflowFailed', 'workflowTerminated'];

/** One line about how far an Application is: its phase and, while it is not done, the step or service it waits for. */
export function progressOf(app: Application): string {
  const phase = app.status?.status ?? 'waiting for a controller';
  const detail = phase === 'running' ? undefined : obstacleOf(app);
  return detail ? `${phase} (${detail})` : phase;
}

function obstacleOf({ status }: Application): string | undefined {
  const bad = status?.conditions?.find((c) => c.status === 'False' && c.type !== 'Ready');
  if (bad?.message) return bad.message;
  const step = status?.workflow?.steps?.find((s) => ['running', 'pending', 'failed'].includes(s.phase ?? ''));
  if (step?.message) return step.message;
  const service = status?.services?.find((s) => !s.healthy);
  return service && `${service.name}: ${service.message ?? 'not healthy'}`;
}

const isCurrent = ({ metadata, status }: Application): boolean =>
  (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);

/** Whether the status speaks of the Application as it is now, and nothing is left to do. */
export function isRunning(app: Application): boolean {
  return app.status?.status === 'running' && isCurrent(app);
}

function hasFailed(app: Application): boolean {
  return failed.includes(app.status?.status ?? '') && isCurrent(app);
}

/**
 * Waits until all the Applications run, telling what changes. Throws a CliError with exit status 4 when one of them
 * fails for good or the time is over; a suspended workflow counts as neither done nor failed.
 */
export async function waitUntilRunning(
  io: Io,
  session: Session,
  targets: readonly Named[],
  timeoutMs: number,
): Promise<void> {
  const deadline = systemClock.monotonic() + timeoutMs;
  const shown = new Map<string, string>();
  let open = targets;
  for (;;) {
    open = await stillOpen(io, session, open, shown);
    if (open.length === 0) return;
    if (systemClock.monotonic() > deadline) throw late(open, shown);
    await systemClock.sleep(300, io.signal);
  }
}

async function stillOpen(
  io: Io,
  session: Session,
  open: readonly Named[],
  shown: Map<string, string>,
): Promise<Named[]> {
  const still: Named[] = [];
  for (const target of open) {
    const app = await read(session, target);
    const key = `${target.namespace}/${target.name}`;
    const line = progressOf(app);
    if (shown.get(key) !== line) printLine(io, `  ${key}: ${line}`);
    shown.set(key, line);
    if (hasFailed(app)) {
      const hint = `vela status ${target.name} -n ${target.namespace}`;
      throw new CliError(`application ${key} did not get to run: ${line}`, { exitCode: exitCodes.notReady, hint });
    }
    if (!isRunning(app)) still.push(target);
  }
  return still;
}

function late(open: readonly Named[], shown: ReadonlyMap<string, string>): CliError {
  const list = open
    .map(({ namespace, name }) => `${namespace}/${name} (${shown.get(`${namespace}/${name}`) ?? ''})`)
    .join(', ');
  return new CliError(`not running in time: ${list}`, {
    exitCode: exitCodes.notReady,
    hint: 'wait longer with --timeout, or look with vela status',
  });
}

async function read(session: Session, { name, namespace }: Named): Promise<Application> {
  try {
    return await session.client.get<Application>(applicationResource, { name, namespace });
  } catch (error) {
    if (isNotFound(error))
      throw new CliError(`application ${namespace}/${name} was deleted meanwhile`, {
        exitCode: exitCodes.notFound,
        cause: error,
      });
    throw error;
  }
}
