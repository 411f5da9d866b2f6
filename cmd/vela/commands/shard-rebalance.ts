import type { Argv, CommandModule } from 'yargs';
import { applicationResource } from '../../../pkg/apis/application.ts';
import { isNotFound } from '../../../pkg/apis/api-error.ts';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../../pkg/apis/names.ts';
import { shardPartitionResource } from '../../../pkg/apis/shard-partition.ts';
import type { ShardPartition } from '../../../pkg/apis/shard-partition.ts';
import { systemRandom } from '../../../machinery/src/clock/system.ts';
import { rebalanceLimits, requestBatch } from '../../../pkg/controllers/shard/moves/rebalancer.ts';
import type { BatchState } from '../../../pkg/controllers/shard/moves/rebalancer.ts';
import { ownershipOf } from '../../../pkg/scheduling/ownership.ts';
import { countMoves, newPace, paceAt, pauseMs } from '../../../pkg/scheduling/pace.ts';
import type { MoveEnds, WantedMoves } from '../../../pkg/scheduling/pace.ts';
import { groupOf } from '../../../pkg/scheduling/partition-group.ts';
import { planRebalance } from '../../../pkg/scheduling/rebalance.ts';
import type { RebalancePlan } from '../../../pkg/scheduling/rebalance.ts';
import type { ShardView } from '../../../pkg/scheduling/shards.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { declared } from '../declared.ts';
import { CliError, exitCodes, printLine, printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';
import { isFresh, isOfInterest, readShards, viewOf } from '../shards.ts';

interface Flags extends ClusterFlags {
  readonly output: OutputFormat;
  readonly dryRun: boolean;
  readonly tolerance: number;
  readonly timeout: number;
  readonly includeMaster: boolean;
}

const options = (argv: Argv): Argv<Flags> =>
  declared(
    outputOption(clusterOptions(argv))
      .option('dry-run', { type: 'boolean', default: false, describe: 'Print the plan and move nothing' })
      .option('tolerance', { type: 'number', default: 5, describe: 'Percent by which a shard may be off its share' })
      .option('include-master', { type: 'boolean', default: false, describe: 'Let the master give and take too' })
      .option('timeout', { type: 'number', default: 600, describe: 'Seconds to wait' }),
  );

/** `vela shard rebalance`: evens the fleet out once. */
export function rebalanceCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'rebalance',
    describe: 'Move Applications until every shard has its share, and no more than that takes',
    builder: options,
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const plan = await readPlan(io, client, flags);
        if (!printValue(io, flags.output, plan)) printPlan(io, plan);
        if (flags.dryRun || plan.moves.length === 0) return;
        if (plan.held !== undefined) throw heldBack(plan.held);
        await carryOut(io, client, plan.moves, flags.timeout);
      }),
  };
}

async function readPlan({ clock }: Io, client: KubeClient, flags: Flags): Promise<RebalancePlan> {
  const rows = await readShards(client, flags.namespace ?? systemNamespace, clock);
  if (!flags.dryRun && !isFresh(rows.find(({ shard }) => shard === 'master')?.lease))
    throw new CliError('no master is running, which carries moves out', {
      exitCode: exitCodes.notReady,
      hint: 'see vela shard list; --dry-run works without it',
    });
  // those that are gone for good are no reason to wait
  const views = rows.filter(isOfInterest).map(viewOf);
  const counts = new Map(
    rows.map(({ shard, applications, arriving, departing }) => [shard, applications + arriving - departing]),
  );
  const leaveOut = new Set(flags.includeMaster ? [] : ['master']);
  const partitions = await readPartitions(client);
  const rules = {
    mode: 'now',
    tolerance: flags.tolerance / 100,
    leaveOut,
    groupOf: (view: ShardView) => groupOf(view, partitions),
  } as const;
  return planRebalance(views, counts, rules, { underWay: 0, isActive: true });
}

async function readPartitions(client: KubeClient): Promise<readonly ShardPartition[]> {
  try {
    return (await client.list<ShardPartition>(shardPartitionResource)).items;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

const heldBack = (why: string): CliError =>
  new CliError(`nothing is moved while ${why}`, { exitCode: exitCodes.notReady, hint: 'see vela shard list' });

function printPlan(io: Io, { standings, moves, held }: RebalancePlan): void {
  printTable(io, [
    ['SHARD', 'APPLICATIONS', 'SHARE', 'AFTER'],
    ...standings.map(({ shard, applications, share, after }) => [shard, ...[applications, share, after].map(String)]),
  ]);
  if (held !== undefined) printLine(io, `\nNothing is moved while ${held}.`);
  else if (moves.length === 0) printLine(io, '\nNothing to move.');
  else {
    printLine(io);
    printTable(io, [['FROM', 'TO', 'APPLICATIONS'], ...moves.map(({ from, to, count }) => [from, to, String(count)])]);
  }
}

async function carryOut(io: Io, client: KubeClient, moves: readonly WantedMoves[], timeout: number): Promise<void> {
  const { signal, clock } = io;
  const limits = rebalanceLimits;
  const asked = new Set<string>();
  const parts = {
    client,
    limits,
    clock,
    // shards of one group may take whatever the others have
    may: (): boolean => true,
    onRequest: ({ metadata }: KubeObject, { from, to }: MoveEnds): void => {
      asked.add(metadata.uid ?? '');
      printLine(io, `  application ${metadata.namespace ?? ''}/${metadata.name ?? ''}: ${from} -> ${to}`);
    },
  };
  const deadline = clock.monotonic() + timeout * 1000;
  let state: BatchState = { left: moves, pace: newPace(limits, clock.monotonic()), counts: countMoves([]) };
  for (;;) {
    const underWay = await readMoves(client, signal);
    const counts = countMoves(underWay.map(({ ends }) => ends));
    const pace = paceAt(state.pace, limits, clock.monotonic());
    state = await requestBatch(parts, { left: state.left, pace, counts }, signal);
    const isUnderWay = (await readMoves(client, signal)).some(({ uid }) => asked.has(uid));
    if (state.left.length === 0 && !isUnderWay) break;
    if (clock.monotonic() > deadline)
      throw new CliError(`not all applications were moved within ${timeout} s`, {
        exitCode: exitCodes.notReady,
        hint: 'moves that were asked for go on; see vela shard list',
      });
    await clock.sleep(pauseMs(state.pace, limits, 300, systemRandom), signal);
  }
  printLine(io, `${asked.size} ${asked.size === 1 ? 'application' : 'applications'} moved.`);
}

async function readMoves(
  client: KubeClient,
  signal: AbortSignal,
): Promise<readonly { readonly uid: string; readonly ends: MoveEnds }[]> {
  const { items } = await client.list(applicationResource, {
    labelSelector: labels.shardMove,
    metadataOnly: true,
    signal,
  });
  return items.flatMap((object) => {
    const { move } = ownershipOf(object);
    return move ? [{ uid: object.metadata.uid ?? '', ends: { from: move.from, to: move.to } }] : [];
  });
}
