import { isNotFound } from '../../pkg/apis/api-error.ts';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { systemClock } from '../../pkg/clock/system.ts';
import { moveApplication } from '../../pkg/controllers/family/request-move.ts';
import type { MoveTarget } from '../../pkg/controllers/family/request-move.ts';
import type { Move } from '../../pkg/scheduling/handover.ts';
import { ownershipOf } from '../../pkg/scheduling/ownership.ts';
import type { Session } from './connect.ts';
import { CliError, exitCodes, printLine } from './io.ts';
import type { Io } from './io.ts';

interface Named {
  readonly name: string;
  readonly namespace: string;
}

const lookAgainMs = 200;
const sayAfterMs = 3_000;

/**
 * Asks for an Application to be moved and waits until it is there. Throws a CliError with exit status 4 when the move
 * was refused or does not end in time; it stays asked for then.
 */
export async function moveAndWait(
  io: Io,
  session: Session,
  target: Named,
  wanted: MoveTarget & { readonly timeoutMs: number },
): Promise<void> {
  const { to, timeoutMs } = wanted;
  const asked = await moveApplication(session.client, target, wanted, { clock: systemClock, signal: io.signal });
  const what = `application ${target.namespace}/${target.name}`;
  if (!asked.ok)
    throw new CliError(`${what} cannot be moved to ${to}: ${asked.problem}`, { exitCode: exitCodes.notReady });
  const startedAt = systemClock.monotonic();
  let app: Application | undefined = asked.application;
  for (let said = ''; app; app = await read(session, target, io.signal)) {
    const { shard, move } = ownershipOf(app);
    if (shard === to && !move) return;
    const waitedMs = systemClock.monotonic() - startedAt;
    if (!move)
      throw new CliError(
        `${what} stays with ${shard ?? 'nobody'}: nobody works for shard ${to}, or the move was taken back; see kubectl describe app ${target.name}`,
        { exitCode: exitCodes.notReady },
      );
    const state = stateOf(move);
    if (waitedMs > timeoutMs)
      throw new CliError(
        `${what} was not moved within ${Math.round(timeoutMs / 1000)} s: ${state}. It goes on once that works for it; take it back with "vela shard move ${target.name} -n ${target.namespace} --cancel"`,
        { exitCode: exitCodes.notReady },
      );
    if (waitedMs > sayAfterMs && state !== said) printLine(io, `  ${(said = state)}`);
    await systemClock.sleep(lookAgainMs, io.signal);
  }
  throw new CliError(`${what} is gone`, { exitCode: exitCodes.notReady });
}

function stateOf({ from, quiesced }: Move): string {
  return quiesced === 'no'
    ? `waiting for shard ${from} to let it go (is a process of it, or one that adopted it, running? See vela shard list)`
    : `shard ${from} has let it go; waiting for the master to carry the move out`;
}

async function read({ client }: Session, target: Named, signal: AbortSignal): Promise<Application | undefined> {
  try {
    return await client.get<Application>(applicationResource, target, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
