import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { applicationResource } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import {
  assertAllRunning,
  assertNothingLeft,
  createNamespace,
  deploymentResource,
  sampleApplication,
  serviceResource,
} from '../support/applications.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';

/** `SEEDS=1,2,3` chooses the rounds; each kills one process at a moment of its own. */
const seeds = (process.env['SEEDS'] ?? '1,2').split(',').map(Number);
const podResource: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const count = 60;

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster('--ready-delay', '100');
  await cluster.must('install', '--set', 'sharding.enabled=true');
  await cluster.must('addon', 'enable', 'vela-core-shard-manager', 'nShards=3');
}, 120_000);

afterAll(async () => {
  await cluster.stop();
}, 30_000);

interface Victim {
  readonly pod: string;
  readonly pid: number;
  readonly restarts: number;
}

async function controllers(): Promise<(Victim & { ready: boolean })[]> {
  const pods = await cluster.client.list(podResource, { namespace: systemNamespace, labelSelector: labels.shardId });
  return pods.items.map((pod) => {
    const status = pod['status'] as {
      conditions?: { type: string; status: string }[];
      containerStatuses?: { restartCount: number; containerID?: string }[];
    };
    return {
      pod: pod.metadata.name ?? '',
      pid: Number(status.containerStatuses?.[0]?.containerID?.replace('process://', '')),
      restarts: status.containerStatuses?.[0]?.restartCount ?? 0,
      ready: status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false,
    };
  });
}

const namesOf = (items: readonly KubeObject[]): string[] => items.map((item) => item.metadata.name ?? '').sort();

describe('SIGKILL of a controller while sixty Applications are delivered', () => {
  test.each(seeds)(
    'seed %i: after its restart nothing is missing, doubled or orphaned',
    async (seed) => {
      const random = seededRandom(seed);
      const namespace = `crash-${seed}`;
      const names = Array.from({ length: count }, (_, i) => `app-${i}`);
      await createNamespace(cluster.client, namespace);
      const fleet = await controllers();
      const victim = fleet[Math.floor(random() * fleet.length)] as Victim;
      const created = Promise.all(
        names.map((name) =>
          eventually(`${name} to be accepted`, () =>
            cluster.client.create(applicationResource, sampleApplication(name, namespace)).catch(acceptExisting),
          ),
        ),
      );
      await sleep(random() * 4000);
      process.kill(victim.pid, 'SIGKILL');
      await created;
      await eventually('the killed process to be back', async () => {
        const now = (await controllers()).find((pod) => pod.pod === victim.pod);
        if (!now?.ready || now.restarts <= victim.restarts) throw new Error(`${victim.pod} is not back`);
      });
      await eventually('all Applications to run', () => assertAllRunning(cluster.client, namespace, count), 90);
      const byNamespace = `${labels.appNamespace}=${namespace}`;
      const expected = names.map((name) => `${name}-web`).sort();
      expect(namesOf((await cluster.client.list(deploymentResource, { namespace })).items)).toEqual(expected);
      expect(namesOf((await cluster.client.list(serviceResource, { namespace })).items)).toEqual(expected);
      expect(namesOf((await cluster.client.list(applicationRevisionResource, { namespace })).items)).toEqual(
        names.map((name) => `${name}-v1`).sort(),
      );
      expect((await cluster.client.list(resourceTrackerResource, { labelSelector: byNamespace })).items).toHaveLength(
        count,
      );
      await cluster.must('delete', '--all', '-n', namespace);
      await eventually('everything to be gone', () => assertNothingLeft(cluster.client, namespace), 30);
    },
    240_000,
  );
});

function acceptExisting(error: unknown): void {
  if ((error as { reason?: string }).reason !== 'AlreadyExists') throw error;
}
