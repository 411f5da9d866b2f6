import type { Argv, CommandModule } from 'yargs';
import { systemNamespace } from '../../../pkg/apis/names.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';
import { isOfInterest, readShards, withoutView } from '../shards.ts';
import type { ShardRow } from '../shards.ts';

interface ListFlags extends ClusterFlags {
  readonly output: OutputFormat;
  readonly all: boolean;
}

const options = (argv: Argv): Argv<ListFlags> =>
  outputOption(clusterOptions(argv)).option('all', {
    alias: 'a',
    type: 'boolean',
    default: false,
    describe: 'Shards too that are gone and have nothing',
  });

/** `vela shard list`: one line for each shard. */
export function listCommand(io: Io): CommandModule<object, ListFlags> {
  return {
    command: 'list',
    aliases: ['ls'],
    describe: 'List the shards with their pods, holder and number of Applications',
    builder: options,
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const rows = (await readShards(client, flags.namespace ?? systemNamespace, io.clock)).filter(
          (row) => flags.all || isOfInterest(row),
        );
        if (printValue(io, flags.output, rows.map(withoutView))) return;
        const isWide = flags.output === 'wide';
        printTable(io, [
          [...heading, ...(isWide ? wideHeading : [])],
          ...rows.map((row) => [...cells(row), ...(isWide ? wideCells(row) : [])]),
        ]);
      }),
  };
}

const heading = ['SHARD', 'PHASE', 'READY', 'APPLICATIONS', 'BACKLOG', 'HOLDER', 'RENEWED', 'STATE'];
const wideHeading = ['EPOCH', 'WEIGHT', 'CAPACITY', 'CLASS', 'VERSION', 'CONFIG', 'ADDRESS'];

const cells = (row: ShardRow): string[] => [
  row.shard,
  row.adoptedBy === undefined ? row.phase : `${row.phase} by ${row.adoptedBy}`,
  `${row.ready}/${row.pods.length}`,
  String(row.applications),
  row.load ? String(row.load.backlog) : '',
  // the identity begins with the name of the pod
  row.holder.split('_', 1)[0] ?? '',
  ago(row.lease?.renewedSecondsAgo),
  stateOf(row),
];

const wideCells = ({ lease, weight, capacity, spec, version, configHash, address }: ShardRow): string[] => [
  lease ? String(lease.epoch) : '',
  String(weight),
  capacity === Infinity ? '' : String(capacity),
  spec.class ?? '',
  version,
  configHash,
  address,
];

export const ago = (seconds: number | undefined): string => (seconds === undefined ? '' : `${seconds}s ago`);

/** In words what people have asked of a shard, and what is odd about it. */
export function stateOf({ cordoned, draining, drifted, arriving, departing, conditions }: ShardRow): string {
  const isDrained = conditions.some(({ type, status }) => type === 'Drained' && status === 'True');
  const words = [
    draining ? (isDrained ? 'drained' : 'draining') : cordoned ? 'cordoned' : '',
    drifted ? 'drifted' : '',
    departing > 0 ? `${departing} leaving` : '',
    arriving > 0 ? `${arriving} coming` : '',
  ];
  return words.filter((word) => word !== '').join(', ');
}

/** `vela shard top`: how busy each shard is, by its own report. */
export function topCommand(io: Io): CommandModule<object, ListFlags> {
  return {
    command: 'top',
    describe: 'Show how busy the shards are, busiest first',
    builder: options,
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const all = await readShards(client, flags.namespace ?? systemNamespace, io.clock);
        const rows = all
          .filter((row) => flags.all || isOfInterest(row))
          .toSorted((a, b) => busyOf(b) - busyOf(a) || b.applications - a.applications);
        const loads = rows.map(({ shard, applications, load, lease }) => ({
          shard,
          applications,
          busy: load?.busy,
          backlog: load?.backlog,
          reportedSecondsAgo: lease?.renewedSecondsAgo,
        }));
        if (printValue(io, flags.output, loads)) return;
        printTable(io, [
          ['SHARD', 'BUSY', 'BACKLOG', 'APPLICATIONS', 'REPORTED'],
          ...loads.map(({ shard, busy, backlog, applications, reportedSecondsAgo }) => [
            shard,
            busy === undefined ? '' : `${Math.round(busy * 100)}%`,
            backlog === undefined ? '' : String(backlog),
            String(applications),
            busy === undefined ? '' : ago(reportedSecondsAgo),
          ]),
        ]);
      }),
  };
}

const busyOf = ({ load }: ShardRow): number => load?.busy ?? -1;
