import { beforeEach, describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, configMaps, deployments } from '../../../../test/support/application-bed.ts';
import type { FakeWrite } from '../../../../test/support/fake-kube-client.ts';
import { ApiError } from '../../../apis/api-error.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { Application } from '../../../apis/application.ts';
import { fenceOn } from '../../../apis/fence.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { annotations, labels } from '../../../apis/names.ts';
import { delivererOf } from '../../../dispatch/deliverer.ts';
import { newRun } from '../../../workflow/run.ts';
import type { Run } from '../../../workflow/run.ts';
import { loadContext, saveContext } from '../workflow/context-store.ts';
import { fenceFor } from './fence.ts';

const shard = 's';
const web = { name: 'web', type: 'web', properties: { image: 'a', port: 80 } };
const config = { name: 'config', type: 'config', properties: { data: { a: '1' } } };
const policies = [
  {
    name: 'p',
    type: 'resource-update',
    properties: { rules: [{ selector: { componentNames: ['config'] }, strategy: { op: 'replace' } }] },
  },
];
const put = (bed: ApplicationBed, image = 'a'): void => {
  const components = [{ ...web, properties: { ...web.properties, image } }, config];
  const metadata = { labels: { [labels.scheduledShardId]: shard }, annotations: bed.app()?.metadata.annotations ?? {} };
  bed.put(application({ components, policies }, metadata));
};
const target = (name: string) => ({ name, namespace: 'default' });
const fences = (bed: ApplicationBed): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    bed.cluster
      .all()
      .filter(({ kind }) => !kind.endsWith('Definition'))
      .map((object) => [`${object.kind} ${object.metadata.name ?? ''}`, fenceOn(object)]),
  );

/** A bed with everything delivered, and reconciled once more. */
async function settledBed(term: {
  readonly shard?: string;
  readonly leaseEpoch: number | undefined;
}): Promise<ApplicationBed> {
  const made = new ApplicationBed(term);
  put(made);
  await made.settle();
  await made.clock.advance(301_000);
  await made.settle();
  return made;
}

let bed: ApplicationBed;
beforeEach(async () => {
  bed = await settledBed({ shard, leaseEpoch: 3 });
});

/** Whatever the next term does beyond what it is asked to. */
async function changesOf(term: () => void): Promise<readonly string[]> {
  term();
  bed.cluster.changes.length = 0;
  for (let round = 0; round < 3; round++) {
    await bed.settle();
    await bed.clock.advance(301_000);
  }
  return bed.cluster.changes;
}

test.each([
  { term: { shard: 's', leaseEpoch: 7 }, want: '4.7' },
  { term: { shard: 's', leaseEpoch: undefined }, want: undefined },
  { term: { shard: undefined, leaseEpoch: 7 }, want: undefined },
])('the fence under $term is $want', ({ term, want }) => {
  const app = application(
    { components: [] },
    { labels: { [labels.scheduledShardId]: 's' }, annotations: { [annotations.shardEpoch]: '4' } },
  );
  expect(fenceFor(app, term)).toBe(want);
});

describe('the fence', () => {
  test('is on everything that is written, and in no copy of it', () => {
    expect(fences(bed)).toEqual({
      'Application app': '0.3',
      'ApplicationRevision app-v1': '0.3',
      'ResourceTracker app-v1-default': '0.3',
      'Deployment web': '0.3',
      'Service web': '0.3',
      'ConfigMap config': '0.3',
    });
    expect(bed.app()?.status?.shardFence).toBe('0.3');
    const copies = bed.cluster.all().map(({ metadata: _, status: __, ...rest }) => JSON.stringify(rest));
    expect(copies.filter((text) => text.includes(annotations.shardFence))).toEqual([]);
  });

  test.each<{ name: string; term: () => void }>([
    {
      name: 'a failover',
      term: () => {
        bed.restart({ leaseEpoch: 4 });
      },
    },
    {
      name: 'a failover with watches',
      term: () => {
        bed.watching = true;
        bed.restart({ leaseEpoch: 4 });
      },
    },
    {
      name: 'an election that is switched off',
      term: () => {
        bed.restart({ leaseEpoch: undefined });
      },
    },
    {
      name: 'the end of sharding',
      term: () => {
        bed.restart({ shard: undefined, leaseEpoch: undefined });
      },
    },
    {
      name: 'a move',
      term: () => {
        const app = bed.app();
        const metadata = {
          ...app?.metadata,
          annotations: { ...app?.metadata.annotations, [annotations.shardEpoch]: '1' },
        };
        bed.cluster.replace(applicationResource, { ...app, metadata } as Application, undefined);
        bed.restart({ leaseEpoch: 1 });
      },
    },
  ])('is not written for its own sake after $name', async ({ term }) => {
    expect(await changesOf(term)).toEqual([]);
  });

  test('of what was delivered before there were any is not written for its own sake', async () => {
    bed = await settledBed({ shard, leaseEpoch: undefined });
    expect(new Set(Object.values(fences(bed)))).toEqual(new Set([undefined]));
    expect(
      await changesOf(() => {
        bed.restart({ leaseEpoch: 1 });
      }),
    ).toEqual([]);
  });

  test('of what was delivered without shards is not written, nor is the label of the shard, until it changes', async () => {
    bed = await settledBed({ leaseEpoch: undefined });
    const delivered = (): readonly (string | undefined)[] =>
      [deployments, configMaps].flatMap((resource) => bed.cluster.list(resource, {})).map(delivererOf);
    expect(delivered()).toEqual([undefined, undefined]);
    const changes = await changesOf(() => {
      bed.restart({ shard, leaseEpoch: 1 });
    });
    expect(delivered()).toEqual([undefined, undefined]);
    expect(changes).toEqual([]);
    put(bed, 'b');
    await bed.settle();
    expect(delivered()).toEqual([shard, shard]);
  });

  test('is new on what the next term puts back, and only there', async () => {
    bed.restart({ leaseEpoch: 4 });
    for (const [resource, name] of [
      [deployments, 'web'],
      [configMaps, 'config'],
    ] as const) {
      const live = bed.cluster.get(resource, target(name)) as KubeObject & { readonly spec?: object };
      const edited = resource === deployments ? { ...live, spec: { ...live.spec, image: 'z' } } : { ...live, data: {} };
      bed.cluster.replace(resource, edited, undefined);
    }
    await bed.settle();
    expect(fences(bed)).toMatchObject({ 'Deployment web': '0.4', 'ConfigMap config': '0.4', 'Service web': '0.3' });
    expect(bed.cluster.get(deployments, target('web'))['spec']).toMatchObject({ image: 'a' });
    expect(bed.cluster.get(configMaps, target('config'))['data']).toEqual({ a: '1' });
  });

  test('is new on what the next term is asked to write', async () => {
    bed.restart({ leaseEpoch: 4 });
    put(bed, 'b');
    await bed.settle();
    expect(fences(bed)).toMatchObject({ 'ApplicationRevision app-v2': '0.4', 'Deployment web': '0.4' });
    expect(bed.app()?.status?.shardFence).toBe('0.4');
  });
});

const refusal = (text: string): ApiError =>
  new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    code: 403,
    reason: 'Forbidden',
    message: `x is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: shard fence ${text}`,
    details: { kind: 'deployments' },
  });

describe('a refused write', () => {
  const refuse = (text: string, unless: (write: FakeWrite) => boolean): void => {
    bed.cluster.intercept = (write, moment) => {
      if (moment === 'before' && !unless(write)) throw refusal(text);
    };
  };
  const refusals = async () =>
    (await bed.metrics.fenceRefusals.get()).values
      .filter(({ value }) => value > 0)
      .map(({ labels: of, value }) => ({ ...of, value }));

  test('leaves nothing on the Application and is tried again with the family read anew', async () => {
    put(bed, 'b');
    const before = bed.app();
    refuse('(lease): applications "default/app" is for the holder', () => false);
    await expect(bed.reconcile()).rejects.toThrow('shard fence (lease)');
    expect(bed.app()).toEqual(before);
    expect(bed.events.filter((event) => event.startsWith('Warning'))).toEqual([]);
    expect(await refusals()).toEqual([{ layer: 'lease', kind: 'deployments', value: 1 }]);
    expect(bed.reconciler.families.has('default/app')).toBe(false);
    bed.cluster.intercept = undefined;
    await bed.settle();
    expect(bed.cluster.get(deployments, target('web'))['spec']).toMatchObject({ image: 'b' });
  });

  test('by something newer is overtaken by the owner, once', async () => {
    put(bed, 'b');
    const ofOther = (write: FakeWrite): boolean =>
      write.resource.kind !== 'Deployment' || bed.app()?.metadata.annotations?.[annotations.shardEpoch] === '6';
    refuse('(delivered): deployments "default/web" carries 5.9, which is newer than 0.3 of pod p', ofOther);
    await bed.settle();
    expect(bed.app()?.metadata.annotations).toMatchObject({
      [annotations.shardEpoch]: '6',
      [annotations.shardFence]: '6.3',
    });
    expect(fences(bed)).toMatchObject({ 'Deployment web': '6.3' });
    expect(await refusals()).toEqual([{ layer: 'delivered', kind: 'deployments', value: 1 }]);
  });

  test('by something that only this process did not know is not overtaken', async () => {
    put(bed, 'b');
    refuse(
      '(delivered): deployments "default/web" carries 0.3, which is newer than 0.2 of pod p',
      (write) => write.resource.kind !== 'Deployment',
    );
    await expect(bed.reconcile()).rejects.toThrow('shard fence (delivered)');
    expect(bed.app()?.metadata.annotations).not.toHaveProperty([annotations.shardEpoch]);
  });
});

test('variables of a workflow that come late meet a conflict', async () => {
  const app = bed.cluster.get(applicationResource, target('app')) as Application;
  const client = bed.cluster.client();
  const save = (run: Run, version: string | undefined) =>
    saveContext(client, { app, run, version }, new AbortController().signal);
  const first = await save(newRun('app-v1', 0), undefined);
  const run = { ...newRun('app-v1', 0), contextBackend: first.backend };
  const second = await save({ ...run, variables: { x: '2' } }, first.version);
  await expect(save({ ...run, variables: { x: '1' } }, first.version)).rejects.toMatchObject({ reason: 'Conflict' });
  const stored = await loadContext(client, app, first.backend, new AbortController().signal);
  expect(stored).toEqual({ variables: { x: '2' }, failures: {}, marks: {}, version: second.version });
});

test('a deletion that meets a newer state reads it again before it deletes', async () => {
  const uid = bed.cluster.get(deployments, target('web')).metadata.uid;
  let edits = 1;
  bed.cluster.intercept = ({ verb, resource }, moment) => {
    if (moment === 'after' || verb !== 'delete' || resource.kind !== 'Deployment' || edits-- <= 0) return;
    const live = bed.cluster.get(deployments, target('web'));
    const labelled = { ...live.metadata.labels, [labels.appName]: 'another' };
    bed.cluster.replace(deployments, { ...live, metadata: { ...live.metadata, labels: labelled } }, undefined);
  };
  bed.remove();
  await bed.settle();
  expect(bed.app()).toBeUndefined();
  expect(bed.cluster.get(deployments, target('web')).metadata).toMatchObject({
    uid,
    labels: { [labels.appName]: 'another' },
  });
});
