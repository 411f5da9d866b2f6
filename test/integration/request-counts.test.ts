import { afterAll, expect, test } from '@jest/globals';
import type { Application, Component } from '../../pkg/apis/application.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { application, ApplicationBed, deployments } from '../support/application-bed.ts';
import type { FakeRequest } from '../support/fake-kube-client.ts';
import { expectTranscript } from '../support/transcript.ts';

/*
 * The requests of six typical Applications, by kind: created, with workloads that take a moment to become ready; at rest; one
 * image changed; deleted. `test/scenarios/requests.txt` holds the counts (UPDATE_TRANSCRIPTS=1 writes it anew). A delivery of
 * five resources needs at most this many requests, for its creation and for a change of its image:
 */
const most = 14;

const lines: string[] = [];
afterAll(() => expectTranscript('requests', lines));

const web = (name: string, image: string, more: Partial<Component> = {}): Component => ({
  name,
  type: 'web',
  properties: { image, port: 80 },
  ...more,
});
const worker = (name: string, image: string, more: Partial<Component> = {}): Component => ({
  name,
  type: 'web',
  properties: { image },
  ...more,
});
const config: Component = { name: 'conf', type: 'config', properties: { data: { a: '1' } } };

/** By title: the specification with a given image. */
const typical: Readonly<Record<string, (image: string) => Application['spec']>> = {
  'one ConfigMap': (image) => ({ components: [{ ...config, properties: { data: { image } } }] }),
  'a web service': (image) => ({ components: [web('web', image, { traits: [scaler] })] }),
  'five resources: a web service, two workers, a ConfigMap': (image) => ({
    components: [web('web', image), worker('one', 'b', { traits: [scaler] }), worker('two', 'c'), config],
  }),
  'a database before a web service': (image) => ({
    components: [worker('db', 'b'), web('web', image, { dependsOn: ['db'] })],
  }),
  'a web service with a trait after it is healthy': (image) => ({
    components: [web('web', image, { traits: [{ type: 'late' }] })],
  }),
  'a workflow that deploys with overrides': (image) => ({
    components: [web('web', image), config],
    policies: [
      { name: 'more', type: 'override', properties: { components: [{ name: 'web', traits: [scaler] }] } },
      { name: 'here', type: 'topology', properties: { clusters: ['local'] } },
    ],
    workflow: { steps: [{ name: 'go', type: 'deploy', properties: { policies: ['more', 'here'] } }] },
  }),
};

const scaler = { type: 'scaler', properties: { replicas: 2 } };

interface Rollout {
  readonly observedGeneration?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
}

/**
 * What a Deployment controller reports next: that it has begun with a generation, while the pods of the one before are still
 * ready, and then that the new pods are.
 */
function advance(bed: ApplicationBed): boolean {
  let hasChanged = false;
  for (const object of bed.cluster.all().filter(({ kind }) => kind === 'Deployment')) {
    const { replicas } = object['spec'] as { readonly replicas: number };
    const { observedGeneration, updatedReplicas, readyReplicas = 0 } = (object['status'] ?? {}) as Rollout;
    const { generation } = object.metadata;
    const hasBegun = observedGeneration === generation;
    if (hasBegun && updatedReplicas === replicas) continue;
    const ready = hasBegun ? replicas : readyReplicas;
    const status = {
      observedGeneration: generation,
      replicas,
      updatedReplicas: hasBegun ? replicas : 0,
      readyReplicas: ready,
      availableReplicas: ready,
    };
    bed.cluster.replace(deployments, { ...object, status }, 'status');
    hasChanged = true;
  }
  return hasChanged;
}

/** Reconciles after each event until nothing is left to do. */
async function deliver(bed: ApplicationBed): Promise<void> {
  do await bed.reconcile();
  while (advance(bed));
  await bed.settle();
}

test.each(Object.entries(typical))('the requests of an Application are as recorded: %s', async (title, specOf) => {
  const bed = new ApplicationBed({}, (object: KubeObject) => object);
  bed.watching = true;
  const requests: string[] = [];
  bed.cluster.onRequest = (request) => requests.push(kindOf(request));
  lines.push(`# ${title}`, '');
  const record = async (what: string, act: () => Promise<void>): Promise<number> => {
    requests.length = 0;
    bed.events.length = 0;
    await act();
    requests.push(...bed.events.map(() => 'create Event'));
    lines.push(`${what}: ${requests.length}`, ...countsOf(requests).map((line) => `  ${line}`), '');
    return requests.length;
  };
  const put = async (image: string): Promise<void> => {
    bed.put(application(specOf(image)));
    await deliver(bed);
    expect(bed.app()?.status?.status).toBe('running');
  };
  const created = await record('create', () => put('a'));
  const atRest = await record('rest', async () => {
    for (let i = 0; i < 10; i += 1) await bed.reconcile();
  });
  const updated = await record('update', () => put('a2'));
  await record('delete', async () => {
    bed.remove();
    await bed.settle();
  });
  expect(bed.inventory()).toEqual([]);
  expect(atRest).toBe(0);
  if (!title.startsWith('five')) return;
  expect(created).toBeLessThanOrEqual(most);
  expect(updated).toBeLessThanOrEqual(most);
});

const kindOf = ({ verb, resource, subresource, dryRun }: FakeRequest): string =>
  `${dryRun ? 'dry-run ' : ''}${verb} ${resource.kind}${subresource ? `/${subresource}` : ''}`;

function countsOf(kinds: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${count} ${kind}`);
}
