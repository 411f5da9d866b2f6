import type { Argv, CommandModule } from 'yargs';
import type { Io } from '../io.ts';
import { adviseCommand } from './shard-advise.ts';
import { cordonCommand, drainCommand, uncordonCommand } from './shard-cordon.ts';
import { describeCommand } from './shard-describe.ts';
import { eventsCommand } from './shard-events.ts';
import { listCommand, topCommand } from './shard-list.ts';
import { moveCommand } from './shard-move.ts';
import { rebalanceCommand } from './shard-rebalance.ts';
import { unassignedCommand } from './shard-unassigned.ts';

/** `vela shard`: shows and changes the fleet and its assignments. */
export function shardCommand(io: Io): CommandModule {
  const commands = [
    listCommand,
    describeCommand,
    topCommand,
    unassignedCommand,
    eventsCommand,
    cordonCommand,
    uncordonCommand,
    drainCommand,
    rebalanceCommand,
    moveCommand,
    adviseCommand,
  ];
  const builder = (argv: Argv): Argv =>
    commands
      .reduce((all, command) => all.command(command(io) as CommandModule), argv)
      .demandCommand(1, 'which? See vela shard --help');
  return { command: 'shard', describe: 'Show and change the fleet', builder, handler: () => undefined };
}
