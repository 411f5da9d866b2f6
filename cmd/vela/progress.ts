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
  const waiting = app.status?.services?.find((service) => !service.healthy);
  const step = app.status?.workflow?.steps?.find((s) => s.phase === 'running' || s.phase === 'pending' || s.phase === 'failed');
  const bad = app.status?.conditions?.find((c) => c.status === 'False' && c.type !== 'Ready');
  const detail = bad?.message ?? step?.message ?? (waiting && `${waiting.name}: ${waiting.message ?? 'not healthy'}`);
  return phase === 'running' || !detail ? phase : `${phase} (${detail})`;
}

/** Whether the status speaks of the Application as it is now, and nothing is left to do. */
export function isRunning(app: Application): boolean {
  return app.status?.status === 'running' && (app.status.observedGeneration ?? 0) >= (app.metadata.generation ?? 0);
}

/**
 * Waits until all the Applications run, telling what changes. Throws a CliError with exit status 4 when one of them
 * fails for good or the time is over; a suspended workflow counts as neither done nor failed.
 */
export async function waitUntilRunning(io: Io, session: Session, targets: readonly Named[], timeoutMs: number): Promise<void> {
  const deadline = systemClock.monotonic() + timeoutMs;
  const shown = new Map<string, string>();
  let open = targets;
  for (;;) {
    const still: Named[] = [];
    for (const target of open) {
      const app = await read(session, target);
      const key = `${target.namespace}/${target.name}`;
      const line = progressOf(app);
      if (shown.get(key) !== line) printLine(io, `  ${key}: ${line}`);
      shown.set(key, line);
      if (isRunning(app)) continue;
      if (failed.includes(app.status?.status ?? '') && (app.status?.observedGeneration ?? 0) >= (app.metadata.generation ?? 0)) {
        throw new CliError(`application ${key} did not get to run: ${line}`, { exitCode: exitCodes.notReady, hint: `vela status ${target.name} -n ${target.namespace}` });
      }
      still.push(target);
    }
    if (still.length === 0) return;
    open = still;
    if (systemClock.monotonic() > deadline) throw late(open, shown);
    await systemClock.sleep(300, io.signal);
  }
}

function late(open: readonly Named[], shown: ReadonlyMap<string, string>): CliError {
  const list = open.map(({ namespace, name }) => `${namespace}/${name} (${shown.get(`${namespace}/${name}`) ?? ''})`).join(', ');
  return new CliError(`not running in time: ${list}`, { exitCode: exitCodes.notReady, hint: 'wait longer with --timeout, or look with vela status' });
}

async function read(session: Session, { name, namespace }: Named): Promise<Application> {
  try {
    return await session.client.get<Application>(applicationResource, { name, namespace });
  } catch (error) {
    if (isNotFound(error)) throw new CliError(`application ${namespace}/${name} was deleted meanwhile`, { exitCode: exitCodes.notFound, cause: error });
    throw error;
  }
}
