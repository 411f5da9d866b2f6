import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { systemClock } from '../../machinery/src/clock/system.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Application } from '../../pkg/apis/application.ts';
import { fleetName, fleetResource, newFleet } from '../../pkg/apis/fleet.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { installSystem } from '../../pkg/install/install.ts';
import { renderSystem } from '../../pkg/install/render.ts';
import { leases } from '../../pkg/lease/record.ts';
import { createNamespace, sampleApplication } from '../support/applications.ts';
import { freePort, startCore } from '../support/core-process.ts';
import type { CoreProcess } from '../support/core-process.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';

const outside = ['Deployment', 'Service', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
const events: Resource = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
const namespace = 'tenant';
let cluster: TestCluster;
let core: CoreProcess | undefined;
let probes = '';

beforeAll(async () => {
  cluster = await startCluster('--ready-delay', '50');
  const objects = await renderSystem({}, { templatesDir: join(packageRoot(), 'templates'), version: '0.0.0' });
  const kinds = objects.filter(({ kind }) => !outside.includes(kind));
  await installSystem(cluster.client, kinds, { clock: systemClock, wait: false }, new AbortController().signal);
  await createNamespace(cluster.client, namespace);
  await cluster.client.create(applicationResource, sampleApplication('waiting', namespace));
}, 60_000);

afterAll(async () => {
  await core?.stop();
  await cluster.stop();
}, 40_000);

/** Starts a controller with one address for probes and metrics. */
async function start(...flags: readonly string[]): Promise<void> {
  await core?.stop();
  const address = `127.0.0.1:${await freePort()}`;
  probes = `http://${address}`;
  const own = [`--health-addr=${address}`, `--metrics-addr=${address}`];
  core = await startCore({ kubeconfig: cluster.kubeconfig, pod: 'newcomer', flags: [...own, ...flags] });
}

async function setFleet(sharded: boolean): Promise<void> {
  await cluster.client.delete(fleetResource, { name: fleetName }).catch(() => undefined);
  await cluster.client.create(fleetResource, newFleet({ namespace: systemNamespace, sharded }));
}

const phase = async (): Promise<string | undefined> => {
  const { status } = await cluster.client.get<Application>(applicationResource, { name: 'waiting', namespace });
  return status?.status;
};

/** Waits until the process is not ready for a reason, and says so by its metric and by Events. */
async function whenRefused(reason: RegExp): Promise<void> {
  await eventually(
    'the refusal',
    async () => {
      const ready = await fetch(`${probes}/readyz?verbose`);
      expect({ ok: ready.ok, said: await ready.text() }).toEqual({ ok: false, said: expect.stringMatching(reason) });
      expect(await (await fetch(`${probes}/metrics`)).text()).toMatch(/^flotilla_fleet_conflict 1$/m);
      const { items } = await cluster.client.list<KubeObject>(events);
      const kinds = items
        .filter(({ reason: why, message }) => why === 'FleetConflict' && reason.test(String(message)))
        .map(({ involvedObject }) => (involvedObject as KubeObject).kind);
      expect([...new Set(kinds)].sort()).toEqual(['Fleet', 'Lease', 'Pod']);
    },
    40,
  );
}

/** Waits until the process is ready and the metric is back. */
async function whenAdmitted(): Promise<void> {
  await eventually(
    'it to be admitted',
    async () => {
      const ready = await fetch(`${probes}/readyz?verbose`);
      expect({ ok: ready.ok, said: await ready.text() }).toMatchObject({ ok: true });
      expect(await (await fetch(`${probes}/metrics`)).text()).toMatch(/^flotilla_fleet_conflict 0$/m);
    },
    60,
  );
}

describe('a controller that starts while controllers of another mode work', () => {
  test('as a shard beside one without sharding is not ready, and says why in every way', async () => {
    await setFleet(false);
    await start('--enable-sharding', '--shard-id=shard-0');
    await whenRefused(/a controller without sharding works on all Applications/);
    await setFleet(true);
    await whenAdmitted();
  }, 120_000);

  test('without sharding beside shards writes nothing until their Leases have run out', async () => {
    await setFleet(true);
    const metadata = { name: 'kubevela-shard-1', namespace: systemNamespace, labels: { [labels.shardId]: 'shard-1' } };
    const spec = { holderIdentity: 'other', leaseDurationSeconds: 3, renewTime: microTime() };
    await cluster.client.create(leases, { ...leaseKind, metadata, spec });
    const renewal = setInterval(() => {
      const body = { spec: { renewTime: microTime() } };
      void cluster.client.patch(leases, metadata, { type: 'merge', body }).catch(() => undefined);
    }, 500);
    try {
      await start('--enable-leader-election');
      await whenRefused(/shards work on the Applications \(.*shard-1/);
      expect(await phase()).toBeUndefined();
    } finally {
      clearInterval(renewal);
    }
    await whenAdmitted();
    await eventually('the Application to run', async () => {
      expect(await phase()).toBe('running');
    });
  }, 120_000);
});

const microTime = (): string => new Date().toISOString().replace('Z', '000Z');
const leaseKind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
