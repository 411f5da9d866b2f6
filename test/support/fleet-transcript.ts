import { applicationResource } from '../../pkg/apis/application.ts';
import { labels } from '../../pkg/apis/names.ts';
import { shardResource } from '../../pkg/apis/shard.ts';
import type { Shard } from '../../pkg/apis/shard.ts';
import { moveApplication } from '../../pkg/controllers/family/request-move.ts';
import { decodeLeaseReport } from '../../pkg/fleet/lease-report.ts';
import { leases, recordOf } from '../../pkg/lease/record.ts';
import type { Lease } from '../../pkg/lease/record.ts';
import { ownershipOf } from '../../pkg/scheduling/ownership.ts';
import { FleetBed } from './fleet-bed.ts';

const stepMs = 500;

/** The commands of a scenario, by their first word. */
const commands: Readonly<Record<string, (bed: FleetBed, args: readonly string[]) => Promise<unknown>>> = {
  start: (bed, [name = '', of]) => bed.start(name, of ?? name.replace(/-\d+$/, '')),
  stop: (bed, [name = '']) => bed.stop(name),
  kill: (bed, [name = '']) => bed.kill(name),
  create: (bed, [name = '', shard]) =>
    bed.client.create(applicationResource, {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'Application',
      metadata: {
        name,
        namespace: 'default',
        ...(shard !== undefined && { labels: { [labels.scheduledShardId]: shard } }),
      },
      spec: { components: [] },
    }),
  label: (bed, [name = '', shard = '']) =>
    bed.client.patch(
      applicationResource,
      { name, namespace: 'default' },
      { type: 'merge', body: { metadata: { labels: { [labels.scheduledShardId]: shard === '-' ? null : shard } } } },
    ),
  move: (bed, [name = '', to = '']) =>
    moveApplication(bed.client, { name, namespace: 'default' }, { to, reason: 'test' }, { clock: bed.clock }),
  drain: (bed, [name = '']) =>
    bed.client.patch(shardResource, { name }, { type: 'merge', body: { spec: { drain: true } } }),
  uncordon: (bed, [name = '']) =>
    bed.client.patch(shardResource, { name }, { type: 'merge', body: { spec: { drain: null } } }),
  wait: () => Promise.resolve(),
};

/**
 * Plays a scenario: each line `> command` is carried out, then time passes, `for N` seconds at its end or 5 s, and each
 * change of Leases, shards, Applications and Events is a line with its time since the command. Other lines are dropped,
 * except comments.
 */
export async function playFleetScenario(text: string): Promise<readonly string[]> {
  const bed = new FleetBed();
  const out: string[] = [];
  const seen = new Map<string, string>();
  try {
    for (const line of text.split('\n')) {
      if (line.startsWith('#')) out.push(line);
      if (!line.startsWith('> ')) continue;
      out.push('', line);
      out.push(...(await play(bed, line.slice(2), seen)));
    }
  } finally {
    await bed.end();
  }
  return out;
}

async function play(bed: FleetBed, line: string, seen: Map<string, string>): Promise<readonly string[]> {
  const [, text = '', seconds = '5'] = /^(.*?)(?: for (\d+) s)?$/.exec(line) ?? [];
  const out: string[] = [];
  for (const part of text.split(', ')) {
    const [verb = '', ...args] = part.split(' ');
    const command = commands[verb];
    if (!command) throw new Error(`unknown command: ${part}`);
    await command(bed, args);
  }
  const startedAt = bed.clock.monotonic();
  for (let passed = 0; passed < Number(seconds) * 1_000; passed += stepMs) {
    await settle(bed);
    for (const change of changesOf(bed, seen))
      out.push(`${((bed.clock.monotonic() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${change}`);
    await bed.clock.advance(stepMs);
  }
  return out;
}

async function settle(bed: FleetBed): Promise<void> {
  for (let i = 0; i < 10; i += 1) {
    await new Promise(setImmediate);
    await bed.clock.advance(0);
  }
}

function changesOf(bed: FleetBed, seen: Map<string, string>): readonly string[] {
  const state = new Map([...leaseLines(bed), ...shardLines(bed), ...applicationLines(bed)]);
  const changes = [...state].flatMap(([name, now]) => {
    const before = seen.get(name);
    seen.set(name, now);
    return before === now ? [] : [before === undefined ? `${name}: ${now}` : `${name}: ${before} => ${now}`];
  });
  return [...changes, ...bed.events.splice(0).map((event) => `event ${event}`)];
}

type Line = readonly [string, string];

const byName = <T extends { readonly metadata: { readonly name?: string } }>(objects: readonly T[]): readonly T[] =>
  [...objects].sort((a, b) => (a.metadata.name ?? '').localeCompare(b.metadata.name ?? ''));

function leaseLines(bed: FleetBed): readonly Line[] {
  return byName(bed.cluster.of(leases).objects as Lease[]).map((lease) => {
    const { holder = 'no holder', transitions } = recordOf(lease);
    const { homeShard } = decodeLeaseReport(lease.metadata.annotations);
    return [`lease ${lease.metadata.name ?? ''}`, `${holder} epoch ${transitions} home ${homeShard ?? '-'}`];
  });
}

function shardLines(bed: FleetBed): readonly Line[] {
  return byName(bed.cluster.of(shardResource).objects as Shard[]).map(({ metadata, status }) => {
    const conditions = (status?.conditions ?? []).map(({ type, reason }) => ` ${type}(${reason})`);
    return [`shard ${metadata.name ?? ''}`, `${status?.phase ?? 'new'}${conditions.join('')}`];
  });
}

function applicationLines(bed: FleetBed): readonly Line[] {
  return byName(bed.cluster.of(applicationResource).objects).map((application) => {
    const { shard = 'unassigned', epoch, move } = ownershipOf(application);
    const state =
      move && `, moves to ${move.to} (${move.reason}, ${move.quiesced === 'no' ? 'requested' : move.quiesced})`;
    return [`application ${application.metadata.name ?? ''}`, `${shard} epoch ${epoch}${state ?? ''}`];
  });
}
