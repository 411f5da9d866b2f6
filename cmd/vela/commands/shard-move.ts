import type { Argv, CommandModule } from 'yargs';
import { cancelApplicationMove } from '../../../pkg/controllers/family/request-move.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { usageFailure } from '../failure.ts';
import { CliError, printLine } from '../io.ts';
import type { Io } from '../io.ts';
import { checkShard } from '../known-shard.ts';
import { moveAndWait } from '../move.ts';

interface MoveFlags extends ClusterFlags {
  readonly name: string;
  readonly to: string | undefined;
  readonly cancel: boolean;
  readonly reason: string;
  readonly timeout: number;
}

const options = (argv: Argv): Argv<MoveFlags> =>
  clusterOptions(argv)
    .positional('name', { type: 'string', describe: 'An Application', demandOption: true })
    .option('to', { type: 'string', describe: 'Shard to move it to' })
    .option('cancel', { type: 'boolean', default: false, describe: 'Take a move back that is not over' })
    .option('reason', { type: 'string', default: 'vela shard move', describe: 'Reason in the Event of the move' })
    .option('timeout', { type: 'number', default: 300, describe: 'Seconds to wait' });

/** `vela shard move`: gives one Application to another shard, or takes that back. */
export function moveCommand(io: Io): CommandModule<object, MoveFlags> {
  return {
    command: 'move <name>',
    describe: 'Move an Application to another shard, or take a move back',
    builder: options,
    handler: async (flags) => {
      const { name, to, cancel, reason, timeout } = flags;
      if (cancel === (to !== undefined))
        throw usageFailure('say where to: --to SHARD; or take the move back: --cancel');
      await withCluster(io, flags, async (session) => {
        const target = { name, namespace: session.namespace };
        if (to !== undefined) {
          await checkShard(io, session.client, to);
          await moveAndWait(io, session, target, { to, reason, timeoutMs: timeout * 1000 });
          printLine(io, `Application moved to ${to}`);
          return;
        }
        const outcome = await cancelApplicationMove(session.client, target, io.signal);
        if (!outcome.ok) throw new CliError(`application ${target.namespace}/${name}: ${outcome.problem}`);
        printLine(io, 'Move taken back');
      });
    },
  };
}
