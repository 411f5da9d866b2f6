import type { Argv, CommandModule } from 'yargs';
import { ApiError } from '../../../pkg/apis/api-error.ts';
import { fleetName, fleetResource } from '../../../pkg/apis/fleet.ts';
import type { Fleet } from '../../../pkg/apis/fleet.ts';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { annotations, systemNamespace } from '../../../pkg/apis/names.ts';
import { shardPartitionResource } from '../../../pkg/apis/shard-partition.ts';
import type { ShardLoad } from '../../../pkg/scheduling/shards.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { printLine, printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';
import { findShard, isFresh, readShards, withoutView } from '../shards.ts';
import type { LeaseRow, ShardRow } from '../shards.ts';
import { printEvents, readEvents } from './shard-events.ts';
import { ago, stateOf } from './shard-list.ts';

interface Flags extends ClusterFlags {
  readonly id: string;
  readonly output: OutputFormat;
}

/** `vela shard describe`: everything about one shard. */
export function describeCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'describe <id>',
    describe: 'Show everything about a shard',
    builder: (argv: Argv) =>
      outputOption(clusterOptions(argv)).positional('id', {
        type: 'string',
        describe: 'A shard',
        demandOption: true,
      }),
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const rows = await readShards(client, flags.namespace ?? systemNamespace, io.clock);
        const row = findShard(rows, flags.id);
        const [assignment, partitions, events] = await Promise.all([
          assignmentWays(client, rows),
          readPartitions(client, flags.id),
          readEvents(client, flags.id),
        ]);
        if (printValue(io, flags.output, { ...withoutView(row), assignment, partitions, events })) return;
        print(io, row, { assignment, partitions });
        printLine(io, '\nEvents:');
        if (events.length === 0) printLine(io, '  none');
        else printEvents(io, events.slice(-20));
      }),
  };
}

interface Surroundings {
  readonly assignment: readonly string[];
  readonly partitions: readonly string[];
}

function print(io: Io, row: ShardRow, surroundings: Surroundings): void {
  const lines = [...linesOf(row), ...settings(row), ...notes(row, surroundings)];
  printTable(
    io,
    lines.filter(([, value]) => value !== '').map(([name, value]) => [`${name}:`, value]),
  );
  printLine(io, '\nPods:');
  if (row.pods.length === 0) printLine(io, '  none');
  else
    printTable(io, [
      ['  NAME', 'READY', 'RESTARTS', 'ADDRESS'],
      ...row.pods.map(({ name, ready, restarts, ip }) => [`  ${name}`, ready ? 'yes' : 'no', String(restarts), ip]),
    ]);
  printLine(io, '\nConditions:');
  if (row.conditions.length === 0) printLine(io, '  none');
  else
    printTable(io, [
      ['  TYPE', 'STATUS', 'REASON', 'MESSAGE'],
      ...row.conditions.map(({ type, status, reason, message }) => [`  ${type}`, status, reason, message ?? '']),
    ]);
}

type Line = readonly [string, string];

function linesOf(row: ShardRow): readonly Line[] {
  const { lease, load, holder, adoptedBy } = row;
  const process = holder === '' ? 'none' : holder;
  return [
    ['Shard', row.shard],
    ['Phase', row.phase],
    ['State', stateOf(row) || 'takes new Applications'],
    ['Holder', adoptedBy === undefined ? process : `${process}, a process of ${adoptedBy} that adopted it`],
    ['Lease', lease ? leaseText(lease) : 'none'],
    ['Epoch', lease ? String(lease.epoch) : ''],
    ['Applications', `${row.applications} (${row.arriving} coming, ${row.departing} leaving)`],
    ['Load', load ? loadText(load) : 'not reported'],
  ];
}

const loadText = ({ busy, backlog, oldestSeconds }: ShardLoad): string => {
  const oldest = oldestSeconds === undefined ? '' : `, every Application reconciled within ${oldestSeconds}s`;
  return `${Math.round(busy * 100)}% busy, ${backlog} waiting${oldest}`;
};

const leaseText = ({ name, renewedSecondsAgo, durationSeconds }: LeaseRow): string =>
  `${name}, renewed ${ago(renewedSecondsAgo)}, lasts ${durationSeconds}s`;

function settings({ spec, weight, capacity }: ShardRow): readonly Line[] {
  const { class: className = '', labels: own = {} } = spec;
  return [
    ['Weight', String(weight)],
    ['Capacity', capacity === Infinity ? 'no limit' : String(capacity)],
    ['Class', className],
    [
      'Labels',
      Object.entries(own)
        .map(([key, value]) => `${key}=${value}`)
        .join(', '),
    ],
  ];
}

function notes(row: ShardRow, { assignment, partitions }: Surroundings): readonly Line[] {
  return [
    ['Partitions', partitions.join(', ')],
    ['Version', `${row.version}${row.drifted ? ' (differs from the master)' : ''}`],
    ['Configuration', row.configHash],
    ['Address', row.address],
    ['Adopts', row.lease?.notes[annotations.adopt] ?? ''],
    ['Wanted back by', row.lease?.notes[annotations.wantedBy] ?? ''],
    ['Assignment', assignment.join(', ') || 'nothing assigns new Applications'],
  ];
}

/** By which of the three ways new Applications get a shard, as far as the API server shows it. */
async function assignmentWays(client: KubeClient, rows: readonly ShardRow[]): Promise<readonly string[]> {
  const [policies, hasTable, webhooks] = await Promise.all([
    listIfServed(client, ['v1', 'v1beta1', 'v1alpha1'], 'MutatingAdmissionPolicy'),
    hasSlots(client),
    listIfServed(client, ['v1'], 'MutatingWebhookConfiguration'),
  ]);
  const isAlive = isFresh(rows.find(({ shard }) => shard === 'master')?.lease);
  return [
    ...(policies.some(aboutApplications) && hasTable ? ['policy in the API server'] : []),
    ...(webhooks.some(aboutApplications) ? [isAlive ? 'webhook' : 'webhook (no master answers)'] : []),
    ...(isAlive ? ['assigner of the master'] : []),
  ];
}

/** Without a table, as with policies that are no hash, the policy in the API server leaves all to the others. */
async function hasSlots(client: KubeClient): Promise<boolean> {
  try {
    const fleet = await client.get<Fleet>(fleetResource, { name: fleetName });
    return (fleet.slots?.['slots'] ?? '') !== '';
  } catch (error) {
    if (error instanceof ApiError && [403, 404].includes(error.code)) return false;
    throw error;
  }
}

const aboutApplications = (object: KubeObject): boolean =>
  /"resources":\[[^\]]*"applications/.test(JSON.stringify({ ...object, metadata: {} })) &&
  JSON.stringify(object).includes('core.oam.dev');

async function listIfServed(
  client: KubeClient,
  versions: readonly string[],
  kind: string,
): Promise<readonly KubeObject[]> {
  for (const version of versions) {
    try {
      const resource = await client.resourceFor(`admissionregistration.k8s.io/${version}`, kind);
      return (await client.list(resource)).items;
    } catch (error) {
      if (!(error instanceof ApiError) || ![403, 404].includes(error.code)) throw error;
    }
  }
  return [];
}

async function readPartitions(client: KubeClient, shard: string): Promise<readonly string[]> {
  try {
    const { items } = await client.list(shardPartitionResource);
    return items
      .filter(({ ...partition }) => {
        const { endpoints = [] } = (partition['status'] ?? {}) as {
          readonly endpoints?: readonly { shard?: string }[];
        };
        return endpoints.some((endpoint) => endpoint.shard === shard);
      })
      .map(({ metadata }) => metadata.name ?? '');
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return [];
    throw error;
  }
}
