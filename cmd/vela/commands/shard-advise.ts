import type { Argv, CommandModule } from 'yargs';
import { systemNamespace } from '../../../pkg/apis/names.ts';
import { advise } from '../../../pkg/scheduling/advise.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { printLine } from '../io.ts';
import type { Io } from '../io.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';
import { isOfInterest, readShards, viewOf } from '../shards.ts';

interface Flags extends ClusterFlags {
  readonly output: OutputFormat;
}

/** `vela shard advise`: whether to add shards. */
export function adviseCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'advise',
    describe: 'Say whether the fleet needs more shards, from what they report',
    builder: (argv: Argv) => outputOption(clusterOptions(argv)),
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const rows = await readShards(client, flags.namespace ?? systemNamespace, io.clock);
        const advice = advise(rows.filter(isOfInterest).map(viewOf));
        if (printValue(io, flags.output, advice)) return;
        const { advice: what, shards, because } = advice;
        printLine(io, `${what}${shards === undefined ? '' : ` ${shards}`}: ${because}`);
      }),
  };
}
