import type { Application } from '../../pkg/apis/application.ts';
import { labels } from '../../pkg/apis/names.ts';
import { isRunning, progressOf } from './progress.ts';
import type { ShardRow } from './shards.ts';

/** One Application in an overview. */
export interface ApplicationLine {
  readonly namespace: string;
  readonly name: string;
  readonly shard: string;
  readonly phase: string;
  /** The phase with the obstacle; undefined where there is nothing to do. */
  readonly problem: string | undefined;
}

export interface Overview {
  readonly shards: readonly ShardRow[];
  /** How many Applications are in each phase, most first. */
  readonly phases: readonly (readonly [phase: string, count: number])[];
  readonly applications: number;
  /** Applications that do not run, or run without being healthy. */
  readonly problems: readonly ApplicationLine[];
}

/** The line of an Application; small, so that many can be held. */
export function lineOf(app: Application, hasShards: boolean): ApplicationLine {
  const { name = '', namespace = '', labels: own } = app.metadata;
  const shard = own?.[labels.scheduledShardId] ?? '';
  const phase = app.status?.status ?? 'new';
  return { namespace, name, shard, phase, problem: hasShards && shard === '' ? 'has no shard' : problemOf(app) };
}

function problemOf(app: Application): string | undefined {
  if (!isRunning(app)) return progressOf(app);
  const service = app.status?.services?.find(({ healthy }) => !healthy);
  return service && `unhealthy (${service.name}: ${service.message ?? ''})`;
}

/** The shards busiest first, the phases, and the Applications that need attention by namespace and name. */
export function overviewOf(shards: readonly ShardRow[], lines: readonly ApplicationLine[]): Overview {
  const counts = new Map<string, number>();
  for (const { phase } of lines) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  const busy = ({ load }: ShardRow): number => load?.busy ?? -1;
  const key = ({ namespace, name }: ApplicationLine): string => `${namespace}/${name}`;
  return {
    shards: shards.toSorted((a, b) => busy(b) - busy(a) || b.applications - a.applications),
    phases: [...counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1)),
    applications: lines.length,
    problems: lines.filter(({ problem }) => problem !== undefined).sort((a, b) => (key(a) < key(b) ? -1 : 1)),
  };
}

/** The overview as two tables and a line between them; of the problems the first `limit`. */
export function tablesOf({ shards, phases, applications, problems }: Overview, limit: number): OverviewTables {
  const shown = problems.slice(0, limit);
  const rest = problems.length - shown.length;
  const summary = phases.map(([phase, count]) => `${count} ${phase}`).join(', ');
  return {
    shards: [
      ['SHARD', 'PHASE', 'READY', 'BUSY', 'BACKLOG', 'APPLICATIONS'],
      ...shards.map((row) => [
        row.shard,
        row.adoptedBy === undefined ? row.phase : `${row.phase} by ${row.adoptedBy}`,
        `${row.ready}/${row.pods.length}`,
        row.load ? `${Math.round(row.load.busy * 100)}%` : '',
        row.load ? String(row.load.backlog) : '',
        String(row.applications),
      ]),
    ],
    summary: `${applications} ${applications === 1 ? 'Application' : 'Applications'}${summary === '' ? '' : `: ${summary}`}`,
    problems: [
      ['NAMESPACE', 'APPLICATION', 'SHARD', 'PROGRESS'],
      ...shown.map(({ namespace, name, shard, problem = '' }) => [namespace, name, shard, problem]),
    ],
    more: rest > 0 ? `and ${rest} more that need attention` : undefined,
  };
}

export interface OverviewTables {
  readonly shards: readonly (readonly string[])[];
  readonly summary: string;
  readonly problems: readonly (readonly string[])[];
  readonly more: string | undefined;
}
