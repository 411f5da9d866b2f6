import { apiVersionOf } from '../../machinery/src/meta.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Application } from '../../pkg/apis/application.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { shardResource } from '../../pkg/apis/shard.ts';
import { encodeLeaseReport } from '../../pkg/fleet/lease-report.ts';
import type { LeaseReport } from '../../pkg/fleet/lease-report.ts';
import { leases } from '../../pkg/lease/record.ts';
import type { CliBed } from './cli-bed.ts';
import { SteppingClock } from './stepping-clock.ts';

export const podResource: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

/** The time of every command in tests of the fleet. */
export const fleetTime = Date.UTC(2026, 5, 1, 12);

export const fleetClock = (): SteppingClock => new SteppingClock(fleetTime);

const leaseName = (shard: string): string => (shard === 'master' ? 'kubevela' : `kubevela-${shard}`);

/** The Lease of a shard, renewed so many seconds ago. */
export async function putLease(
  { client }: CliBed,
  shard: string,
  options: {
    readonly ago?: number;
    readonly holder?: string;
    readonly report?: LeaseReport;
    readonly notes?: object;
  } = {},
): Promise<void> {
  const { ago = 3, holder = `vela-core-${shard}-0_uid`, report = {}, notes = {} } = options;
  const written = Object.entries(encodeLeaseReport({ homeShard: shard, ...report })).filter(
    ([, value]) => value !== undefined,
  );
  const time = new Date(fleetTime - ago * 1000).toISOString().replace('Z', '000Z');
  await client.create(leases, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: leaseName(shard),
      namespace: systemNamespace,
      labels: { [labels.shardId]: shard },
      annotations: { ...Object.fromEntries(written), ...notes },
    },
    spec: { holderIdentity: holder, leaseDurationSeconds: 15, leaseTransitions: 2, acquireTime: time, renewTime: time },
  } as KubeObject);
}

/** A pod that announces a shard. */
export async function putPod(bed: CliBed, shard: string, isReady = true, restarts = 0): Promise<void> {
  const name = `vela-core-${shard}-0`;
  await bed.put(podResource, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: systemNamespace, labels: { [labels.shardId]: shard } },
    spec: { containers: [{ name: 'core', image: 'flotilla/vela-core' }] },
    status: {
      phase: 'Running',
      podIP: '10.0.0.1',
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
      containerStatuses: [
        {
          name: 'core',
          image: 'x',
          imageID: '',
          ready: isReady,
          restartCount: restarts,
          containerID: 'process://4711',
        },
      ],
    },
  });
}

export async function putShard(bed: CliBed, name: string, spec: object = {}, status?: object): Promise<void> {
  const object = { apiVersion: apiVersionOf(shardResource), kind: 'Shard', metadata: { name }, spec };
  await bed.put(shardResource, { ...object, ...(status && { status }) });
}

/** An Application of a shard, or of none. */
export function shardApplication(
  name: string,
  shard: string | undefined,
  more: Partial<KubeObject['metadata']> = {},
): Application {
  const own = shard === undefined ? {} : { [labels.scheduledShardId]: shard };
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name, namespace: 'apps', ...more, labels: { ...own, ...more.labels } },
    spec: { components: [{ name: 'c', type: 'webservice', properties: { image: 'nginx' } }] },
  };
}

export const putApplication = (
  bed: CliBed,
  name: string,
  shard: string | undefined,
  more: Partial<KubeObject['metadata']> = {},
): Promise<Application> => bed.put(applicationResource, shardApplication(name, shard, more));
