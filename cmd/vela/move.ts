import { ignoreNotFound } from '../../pkg/apis/api-error.ts';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
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

const pollMs = 200;
const sayAfterMs = 3_000;

/**
 * Requests the move of an Application and waits for its commit. Throws a CliError with exit status 4 when the move was
 * refused or does not end in time; the request stays then.
 */
export async function moveAndWait(
  io: Io,
  session: Session,
  target: Named,
  wanted: MoveTarget & { readonly timeoutMs: number },
): Promise<void> {
  const { to, timeoutMs } = wanted;
  const outcome = await moveApplication(session.client, target, wanted, io);
  const what = `application ${target.namespace}/${target.name}`;
  if (!outcome.ok)
    throw new CliError(`${what} cannot be moved to ${to}: ${outcome.problem}`, { exitCode: exitCodes.notReady });
  const startedAt = io.clock.monotonic();
  let app: Application | undefined = outcome.application;
  for (let said = ''; app; app = await read(session, target, io.signal)) {
    const { shard, move } = ownershipOf(app);
    if (shard === to && !move) return;
    const waitedMs = io.clock.monotonic() - startedAt;
    if (!move)
      throw new CliError(
        `${what} stays with ${shard ?? 'no shard'}: shard ${to} does not exist, or the move was cancelled; see kubectl describe app ${target.name}`,
        { exitCode: exitCodes.notReady },
      );
    const state = stateOf(move);
    if (waitedMs > timeoutMs)
      throw new CliError(
        `${what} was not moved within ${Math.round(timeoutMs / 1000)} s: ${state}. The move goes on when the shards are live; cancel it with "vela shard move ${target.name} -n ${target.namespace} --cancel"`,
        { exitCode: exitCodes.notReady },
      );
    if (waitedMs > sayAfterMs && state !== said) printLine(io, `  ${(said = state)}`);
    await io.clock.sleep(pollMs, io.signal);
  }
  throw new CliError(`${what} is gone`, { exitCode: exitCodes.notReady });
}

function stateOf({ from, quiesced }: Move): string {
  return quiesced === 'no'
    ? `waiting for shard ${from} to acknowledge the move (does it have a live holder? See vela shard list)`
    : `shard ${from} has acknowledged; waiting for the master to commit the move`;
}

async function read({ client }: Session, target: Named, signal: AbortSignal): Promise<Application | undefined> {
  return ignoreNotFound(client.get<Application>(applicationResource, target, { signal }));
}
