import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { WorkflowStepStatus } from '../../pkg/apis/application-status.ts';
import { definitionRevisionResource } from '../../pkg/apis/definition-revision.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { isAlreadyExists, isNotFound } from '../../pkg/apis/api-error.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { mapBounded } from '../../pkg/dispatch/bounded.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { createNamespace } from '../support/applications.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';

interface Step {
  readonly name: string;
  readonly phase: string;
  readonly subSteps?: readonly Step[];
}

/** An Application with the outcome that KubeVela's controller has for it; `<ns>` is the namespace of the Application. */
interface Variation {
  readonly name: string;
  readonly objects: readonly KubeObject[];
  readonly application: Application;
  readonly outcome: {
    readonly phase: string;
    readonly steps: readonly Step[];
    /** `NAME NAMESPACE`. */
    readonly services: readonly string[];
    /** `KIND.VERSION/NAMESPACE/NAME`, those that exist before included. */
    readonly objects: readonly string[];
  };
}

const file = join(packageRoot(), 'test/e2e/variations.json');
const variations = JSON.parse(readFileSync(file, 'utf8')) as readonly Variation[];
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startCluster('--ready-delay', '50');
  await cluster.must('install', '--rights', 'admin', '--set', 'concurrentReconciles=8');
  await eventually('the versions of definitions', () =>
    Promise.all(
      ['webservice-v1', 'scaler-v1'].map((name) =>
        cluster.client.get(definitionRevisionResource, { name, namespace: systemNamespace }),
      ),
    ),
  );
}, 120_000);

afterAll(async () => {
  await cluster.stop();
}, 30_000);

const stepsOf = (steps: readonly WorkflowStepStatus[] = []): readonly Step[] =>
  steps.map(({ name = '', phase = '', subSteps }) => ({
    name,
    phase,
    ...(subSteps && { subSteps: stepsOf(subSteps as readonly WorkflowStepStatus[]) }),
  }));

const namespaceOf = ({ name }: Variation): string => `variation-${name}`;

async function create(object: KubeObject, namespace: string): Promise<void> {
  const { client } = cluster;
  const resource = await client.resourceFor(object.apiVersion, object.kind);
  const metadata = { ...object.metadata, ...(resource.namespaced && { namespace }) };
  await client.create(resource, { ...object, metadata }).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
}

/** The objects of an expected outcome that do not exist. */
async function missing(names: readonly string[], namespace: string): Promise<readonly string[]> {
  const { client } = cluster;
  const absent = names.map(async (name) => {
    const [, kind = '', version = '', at = '', own = ''] = /^([^.]+)\.(.+)\/([^/]*)\/([^/]+)$/.exec(name) ?? [];
    const resource = await client.resourceFor(version, kind);
    const target = { name: own, namespace: at === '<ns>' ? namespace : at };
    return client.get(resource, target).then(
      () => [],
      (error: unknown) => (isNotFound(error) ? [name] : Promise.reject(error as Error)),
    );
  });
  return (await Promise.all(absent)).flat();
}

async function outcomeOf(variation: Variation): Promise<object> {
  const namespace = namespaceOf(variation);
  const { application, objects, outcome } = variation;
  await createNamespace(cluster.client, namespace);
  for (const object of objects) await create(object, namespace);
  await create(application, namespace);
  const target = { name: application.metadata.name ?? '', namespace };
  const read = async () => {
    const { status } = await cluster.client.get<Application>(applicationResource, target);
    return {
      phase: status?.status,
      steps: stepsOf(status?.workflow?.steps),
      services: (status?.services ?? []).map((s) => `${s.name} ${s.namespace ?? ''}`.replace(namespace, '<ns>')).sort(),
      missing: await missing(outcome.objects, namespace),
    };
  };
  const { phase, steps, services } = outcome;
  const wanted = { phase, steps, services, missing: [] };
  await eventually(
    variation.name,
    async () => {
      expect(await read()).toEqual(wanted);
    },
    60,
    250,
  ).catch(() => undefined);
  return { name: variation.name, ...(await read()) };
}

test('Applications end as under KubeVela', async () => {
  const outcomes = await mapBounded(variations, 6, outcomeOf);
  expect(outcomes).toEqual(
    variations.map(({ name, outcome: { phase, steps, services } }) => ({ name, phase, steps, services, missing: [] })),
  );
}, 300_000);
