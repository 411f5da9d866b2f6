import type { Application } from '../../pkg/apis/application.ts';
import { isNotFound } from '../../pkg/apis/api-error.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
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

/** Reasons of a step that only a change of the Application or of a definition ends. */
const permanentReasons = ['Action'];

/** How long such a failure must last: a definition that was applied a moment ago may not be known everywhere. */
const permanentAfterMs = 3_000;

function hasPermanentFailure(app: Application): boolean {
  const { conditions = [], workflow } = app.status ?? {};
  const isUnparsed = conditions.some(({ type, status }) => type === 'Parsed' && status === 'False');
  const steps = (workflow?.steps ?? []).flatMap((step) => [step, ...(step.subSteps ?? [])]);
  const isStuck = steps.some(({ phase, reason }) => phase === 'failed' && permanentReasons.includes(reason ?? ''));
  return isCurrent(app) && (isUnparsed || isStuck);
}

/** Whether the workflow waits for a person; a step with a duration resumes by itself. */
function isSuspended(app: Application): boolean {
  if (!app.status?.workflow?.suspend || !isCurrent(app)) return false;
  const steps = (app.spec.workflow?.steps ?? []).flatMap((step) => [step, ...(step.subSteps ?? [])]);
  return !steps.some(({ type, properties }) => type === 'suspend' && properties?.['duration'] !== undefined);
}

/**
 * Waits until all the Applications run, printing every change. Throws a CliError with exit status 4 when one of them
 * fails for good or the time is over. An Application with a suspended workflow is not waited for; the command that resumes
 * it is printed.
 */
export async function waitUntilRunning(
  io: Io,
  session: Session,
  targets: readonly Named[],
  timeoutMs: number,
): Promise<void> {
  const deadline = io.clock.monotonic() + timeoutMs;
  const waiting = new Waiting(io);
  let open = targets;
  for (;;) {
    const still: Named[] = [];
    for (const target of open) if (waiting.isOpen(target, await read(session, target))) still.push(target);
    open = still;
    if (open.length === 0) return;
    if (io.clock.monotonic() > deadline) throw waiting.late(open);
    await io.clock.sleep(300, io.signal);
  }
}

const keyOf = ({ namespace, name }: Named): string => `${namespace}/${name}`;

class Waiting {
  readonly #io: Io;
  readonly #shown = new Map<string, string>();
  /** When a permanent failure was seen first. */
  readonly #failing = new Map<string, number>();

  constructor(io: Io) {
    this.#io = io;
  }

  /** Whether to go on waiting for an Application. Throws when it has failed for good. */
  isOpen(target: Named, app: Application): boolean {
    const key = keyOf(target);
    const line = progressOf(app);
    if (this.#shown.get(key) !== line) printLine(this.#io, `  ${key}: ${line}`);
    this.#shown.set(key, line);
    if (hasFailed(app) || this.#isPermanent(key, app)) throw failure(target, line);
    if (!isSuspended(app)) return !isRunning(app);
    printLine(this.#io, `  ${key}: the workflow is suspended; vela workflow resume ${flagsOf(target)}`);
    return false;
  }

  late(open: readonly Named[]): CliError {
    const list = open.map((target) => `${keyOf(target)} (${this.#shown.get(keyOf(target)) ?? ''})`).join(', ');
    return new CliError(`not running in time: ${list}`, {
      exitCode: exitCodes.notReady,
      hint: 'wait longer with --timeout, or see vela status',
    });
  }

  #isPermanent(key: string, app: Application): boolean {
    if (!hasPermanentFailure(app)) {
      this.#failing.delete(key);
      return false;
    }
    const now = this.#io.clock.monotonic();
    const since = this.#failing.get(key) ?? now;
    this.#failing.set(key, since);
    return now - since >= permanentAfterMs;
  }
}

const flagsOf = ({ name, namespace }: Named): string => `${name} -n ${namespace}`;

const failure = (target: Named, line: string): CliError =>
  new CliError(`application ${keyOf(target)} failed: ${line}`, {
    exitCode: exitCodes.notReady,
    hint: `vela status ${flagsOf(target)}`,
  });

async function read(session: Session, { name, namespace }: Named): Promise<Application> {
  try {
    return await session.client.get<Application>(applicationResource, { name, namespace });
  } catch (error) {
    if (isNotFound(error))
      throw new CliError(`application ${namespace}/${name} was deleted in between`, {
        exitCode: exitCodes.notFound,
        cause: error,
      });
    throw error;
  }
}
