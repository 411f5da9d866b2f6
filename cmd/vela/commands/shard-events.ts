import type { Argv, CommandModule } from 'yargs';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { KubeClient } from '../../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { systemNamespace } from '../../../pkg/apis/names.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';
import { findShard, readShards } from '../shards.ts';

interface Flags extends ClusterFlags {
  readonly id: string | undefined;
  readonly output: OutputFormat;
}

const eventResource: Resource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };

/** One thing that happened to a shard, or to an Application because of its shard. */
export interface FleetEvent {
  readonly at: string;
  readonly type: string;
  readonly reason: string;
  readonly object: string;
  readonly count: number;
  readonly message: string;
}

/** `vela shard events`: what happened in the fleet. */
export function eventsCommand(io: Io): CommandModule<object, Flags> {
  return {
    command: 'events [id]',
    describe: 'Show what happened to shards, and to Applications because of them, newest last',
    builder: (argv: Argv) =>
      outputOption(clusterOptions(argv)).positional('id', { type: 'string', describe: 'A shard' }),
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        if (flags.id !== undefined)
          findShard(await readShards(client, flags.namespace ?? systemNamespace, io.clock), flags.id);
        const events = await readEvents(client, flags.id);
        if (printValue(io, flags.output, events)) return;
        printEvents(io, events);
      }),
  };
}

export function printEvents(io: Io, events: readonly FleetEvent[]): void {
  printTable(io, [
    ['AGE', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'],
    ...events.map(({ at, type, reason, object, count, message }) => [
      ageOf(at, io.clock.now()),
      type,
      reason,
      object,
      count > 1 ? `${message} (${count} times)` : message,
    ]),
  ]);
}

/** Events on Shards, and those on Applications that speak of shards; with an id, those that name it. */
export async function readEvents(client: KubeClient, id: string | undefined): Promise<readonly FleetEvent[]> {
  const ofKind = async (kind: string): Promise<readonly KubeObject[]> =>
    (await client.list(eventResource, { fieldSelector: `involvedObject.kind=${kind}` })).items;
  const [shards, applications] = await Promise.all([ofKind('Shard'), ofKind(applicationResource.kind)]);
  const mine = shards.filter((event) => id === undefined || involved(event).name === id);
  const moves = applications.filter(
    (event) => /^Shard|Assigned$/.test(textOf(event, 'reason')) && (id === undefined || names(event, id)),
  );
  return [...mine, ...moves].map(fleetEvent).sort((a, b) => a.at.localeCompare(b.at));
}

const involved = (event: KubeObject): { readonly kind?: string; readonly namespace?: string; readonly name?: string } =>
  event['involvedObject'] ?? {};
const textOf = (event: KubeObject, field: string): string => {
  const value = event[field];
  return typeof value === 'string' ? value : '';
};
const names = (event: KubeObject, id: string): boolean =>
  textOf(event, 'message')
    .split(/[\s,;:]+/)
    .includes(id);

function fleetEvent(event: KubeObject): FleetEvent {
  const { kind = '', namespace, name = '' } = involved(event);
  const at = textOf(event, 'lastTimestamp') || textOf(event, 'eventTime') || (event.metadata.creationTimestamp ?? '');
  return {
    at,
    type: textOf(event, 'type'),
    reason: textOf(event, 'reason'),
    object: kind === 'Shard' ? `shard/${name}` : `app/${namespace ?? ''}/${name}`,
    count: typeof event['count'] === 'number' ? event['count'] : 1,
    message: textOf(event, 'message'),
  };
}

function ageOf(at: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)}m` : `${Math.round(seconds / 3600)}h`;
}
