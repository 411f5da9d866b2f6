import type { Argv, CommandModule } from 'yargs';
import { isAlreadyExists, isNotFound } from '../../../pkg/apis/api-error.ts';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import { apiVersionOf } from '../../../machinery/src/meta.ts';
import { annotations, systemNamespace } from '../../../pkg/apis/names.ts';
import { shardResource } from '../../../pkg/apis/shard.ts';
import type { Shard } from '../../../pkg/apis/shard.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { declared } from '../declared.ts';
import { CliError, exitCodes, printLine } from '../io.ts';
import type { Io } from '../io.ts';
import { findShard, isFresh, readShards } from '../shards.ts';
import type { ShardRow } from '../shards.ts';

interface Flags extends ClusterFlags {
  readonly id: string;
}

interface DrainFlags extends Flags {
  readonly wait: boolean;
  readonly timeout: number;
}

const oneShard = (argv: Argv): Argv<Flags> =>
  declared(
    clusterOptions(argv).positional('id', {
      type: 'string',
      describe: 'A shard',
      demandOption: true,
    }),
  );

/** `vela shard cordon`: no new Applications. */
export function cordonCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'cordon <id>',
    describe: 'Give a shard no new Applications; it keeps those it has',
    builder: oneShard,
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const { cordoned } = await read(io, client, flags);
        if (!cordoned) await writeSpec(client, flags.id, { unschedulable: true });
        printLine(io, `shard/${flags.id} ${cordoned ? 'already cordoned' : 'cordoned'}`);
      }),
  };
}

/** `vela shard uncordon`: takes back a cordon and a drain. */
export function uncordonCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'uncordon <id>',
    aliases: ['undrain'],
    describe: 'Let a shard have new Applications again; ends a drain',
    builder: oneShard,
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const { cordoned, draining, object } = await read(io, client, flags);
        const leaves = object?.metadata.annotations?.[annotations.drainFor] !== undefined;
        if (cordoned || draining) await writeSpec(client, flags.id, { unschedulable: null, drain: null });
        printLine(io, `shard/${flags.id} ${cordoned || draining ? 'uncordoned' : 'already uncordoned'}`);
        if (leaves) printLine(io, `Its Deployment is being deleted, so that it is emptied all the same.`);
      }),
  };
}

/** `vela shard drain`: moves everything to others. */
export function drainCommand(io: Io): CommandModule<object, DrainFlags> {
  return {
    command: 'drain <id>',
    describe: 'Cordon a shard and move its Applications to others',
    builder: (argv: Argv) =>
      oneShard(argv)
        .option('wait', { alias: 'w', type: 'boolean', default: false, describe: 'Wait until it is empty' })
        .option('timeout', { type: 'number', default: 600, describe: 'Seconds to wait' }),
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const { draining } = await read(io, client, flags);
        if (!draining) await writeSpec(client, flags.id, { unschedulable: true, drain: true });
        printLine(io, `shard/${flags.id} ${draining ? 'already draining' : 'draining'}`);
        if (flags.wait) await untilEmpty(io, client, flags);
      }),
  };
}

const read = async ({ clock }: Io, client: KubeClient, { id, namespace }: Flags): Promise<ShardRow> =>
  findShard(await readShards(client, namespace ?? systemNamespace, clock), id);

/** What people say of a shard; its object is made where the master has not made it yet. */
async function writeSpec(
  client: KubeClient,
  name: string,
  spec: { readonly unschedulable?: true | null; readonly drain?: true | null },
): Promise<void> {
  const options = { fieldManager: 'vela' };
  const patch = (): Promise<unknown> =>
    client.patch(shardResource, { name }, { type: 'merge', body: { spec: { ...spec } } }, options);
  try {
    await patch();
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const given = Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== null));
    const object: Shard = {
      apiVersion: apiVersionOf(shardResource),
      kind: shardResource.kind,
      metadata: { name },
      spec: given,
    };
    await client.create(shardResource, object, options).catch((failed: unknown) => {
      if (!isAlreadyExists(failed)) throw failed;
      return patch();
    });
  }
}

/** The master says so; its own drain leaves the Application that manages the shards. */
const isDrained = (conditions: ShardRow['conditions']): boolean =>
  conditions.some(({ type, status }) => type === 'Drained' && status === 'True');

async function untilEmpty(io: Io, client: KubeClient, flags: DrainFlags): Promise<void> {
  const deadline = io.clock.monotonic() + flags.timeout * 1000;
  let said = '';
  for (;;) {
    const rows = await readShards(client, flags.namespace ?? systemNamespace, io.clock);
    const { applications, arriving, departing, draining, conditions } = findShard(rows, flags.id);
    if ((applications === 0 && arriving === 0) || (flags.id === 'master' && isDrained(conditions))) break;
    if (!draining)
      throw new CliError(`the drain of shard ${flags.id} was taken back`, { exitCode: exitCodes.notReady });
    const blocked = conditions.find(({ type, reason }) => type === 'Drained' && reason === 'NoEligibleShard');
    const line = `${counted(applications)} left, ${departing} on their way${blocked ? `: ${blocked.message ?? ''}` : ''}`;
    if (line !== said) printLine(io, `  ${(said = line)}`);
    if (io.clock.monotonic() > deadline) throw late(rows, flags, applications);
    await io.clock.sleep(500, io.signal);
  }
  printLine(io, `shard/${flags.id} drained`);
}

function late(rows: readonly ShardRow[], { id, timeout }: DrainFlags, applications: number): CliError {
  const master = rows.find(({ shard }) => shard === 'master');
  const hint = isFresh(master?.lease)
    ? `the drain goes on; see vela shard describe ${id}, or take it back with vela shard uncordon ${id}`
    : 'no master is running, which would ask for the moves: see vela shard list';
  return new CliError(`shard ${id} was not empty within ${timeout} s: ${counted(applications)} left`, {
    exitCode: exitCodes.notReady,
    hint,
  });
}

const counted = (applications: number): string =>
  applications === 1 ? '1 application' : `${applications} applications`;
