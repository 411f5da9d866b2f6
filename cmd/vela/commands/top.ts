import type { Argv, CommandModule } from 'yargs';
import { systemRandom } from '../../../machinery/src/clock/system.ts';
import { silentLogger } from '../../../machinery/src/logging/logger.ts';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { Application } from '../../../pkg/apis/application.ts';
import { systemNamespace } from '../../../pkg/apis/names.ts';
import { withoutManagedFields } from '../../../machinery/src/managed-fields.ts';
import { Informer } from '../../../pkg/informer/informer.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags, Session } from '../connect.ts';
import { printLine, printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';
import { lineOf, overviewOf, tablesOf } from '../overview.ts';
import type { Overview } from '../overview.ts';
import { isOfInterest, readShards } from '../shards.ts';

interface Flags extends ClusterFlags {
  readonly output: OutputFormat;
  readonly watch: boolean;
  readonly limit: number;
}

/** `vela top`: the fleet, and the Applications that need attention. */
export function topCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'top',
    describe: 'Show how busy the shards are, and which Applications need attention',
    builder: (argv: Argv) =>
      outputOption(clusterOptions(argv))
        .option('watch', { alias: 'w', type: 'boolean', default: false, describe: 'Show it again when it changes' })
        .option('limit', { type: 'number', default: 20, describe: 'How many Applications are shown' }),
    handler: (flags) =>
      withCluster(io, flags, async (session) => {
        if (flags.watch) await follow(io, session, flags);
        else show(io, await read(io, session, flags), flags);
      }),
  };
}

const shardsOf = async (io: Io, { client }: Session, flags: Flags) =>
  (await readShards(client, flags.namespace ?? systemNamespace, io.clock)).filter(isOfInterest);

async function read(io: Io, session: Session, flags: Flags): Promise<Overview> {
  const shards = await shardsOf(io, session, flags);
  const { items } = await session.client.list<Application>(applicationResource);
  return overviewOf(
    shards,
    items.map((app) => lineOf(app, shards.length > 1)),
  );
}

const periodMs = 2_000;

/** Applications by a watch, shards every two seconds; prints where something changed, until Ctrl-C. */
async function follow(io: Io, session: Session, flags: Flags): Promise<void> {
  const { signal } = io;
  const informer = new Informer<Application>({
    client: session.client,
    resource: applicationResource,
    clock: io.clock,
    random: systemRandom,
    logger: silentLogger(),
    transform: withoutManagedFields,
  });
  const running = informer.run(signal);
  await informer.whenSynced(signal);
  let last = '';
  while (!signal.aborted) {
    const shards = await shardsOf(io, session, flags);
    const lines = informer.list().map((app) => lineOf(app, shards.length > 1));
    const overview = overviewOf(shards, lines);
    const tables = JSON.stringify(tablesOf(overview, flags.limit));
    if (tables !== last) show(io, overview, flags);
    last = tables;
    await io.clock.sleep(periodMs, signal).catch(() => undefined);
  }
  await running;
}

/** A terminal shows the newest state alone; elsewhere one follows the other. */
function show(io: Io, overview: Overview, { output, limit, watch }: Flags): void {
  if (watch && io.interactive && output === undefined) io.stdout.write('\u001b[H\u001b[2J');
  const { shards, ...rest } = overview;
  const value = {
    shards: shards.map(({ shard, phase, applications, load }) => ({ shard, phase, applications, load })),
    ...rest,
  };
  if (printValue(io, output, value)) return;
  const tables = tablesOf(overview, limit);
  printTable(io, tables.shards);
  printLine(io);
  printLine(io, tables.summary);
  if (tables.problems.length > 1) {
    printLine(io);
    printTable(io, tables.problems);
  }
  if (tables.more !== undefined) printLine(io, tables.more);
  if (watch && !io.interactive) printLine(io);
}
