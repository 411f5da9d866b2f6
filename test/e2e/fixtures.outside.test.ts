import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { componentDefinitionResource } from '../../pkg/apis/component-definition.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { traitDefinitionResource } from '../../pkg/apis/trait-definition.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadYamlDocuments } from '../../pkg/render/yaml.ts';
import { createNamespace } from '../support/applications.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';
import { outsideData } from '../support/needs.mjs';

/** Applications that others wrote. */
const folder = join(outsideData, 'fixtures/upstream/applications');
/** Definitions of theirs; those that the installation does not bring are added to it. */
const definitionsFolder = join(folder, '../definitions');

interface Fixture {
  readonly file: string;
  readonly app: Application;
}

/** Steps that need nothing outside of the cluster. */
const knownSteps = [
  'apply-component',
  'deploy',
  'suspend',
  'step-group',
  'apply-object',
  'apply-deployment',
  'depends-on-app',
  'read-object',
  'export2config',
  'export2secret',
  'export-data',
  'print-message-in-status',
  'create-config',
  'read-config',
];
const knownPolicies = [
  'garbage-collect',
  'apply-once',
  'shared-resource',
  'take-over',
  'read-only',
  'resource-update',
  'override',
  'topology',
];

function readFixtures(): Fixture[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.ya?ml$/.test(file));
  return files.flatMap((file) => {
    const documents = readDocuments(join(folder, file));
    const apps = documents.filter((d): d is Application => (d as { kind?: string } | null)?.kind === 'Application');
    return apps.length === 1 && documents.length === 1 && apps[0] ? [{ file, app: apps[0] }] : [];
  });
}

function readDocuments(path: string): unknown[] {
  try {
    return loadYamlDocuments(readFileSync(path, 'utf8')).filter((d) => d !== null);
  } catch {
    return [];
  }
}

/** The definitions that the installation brings, by kind. */
function builtIn(kind: string): Set<string> {
  const definitions = [...definitionsOf(join(packageRoot(), 'templates/definitions')), ...added()];
  return new Set(definitions.filter((d) => d.kind === kind).map((d) => d.metadata.name ?? ''));
}

const definitionsOf = (at: string): readonly KubeObject[] =>
  readdirSync(at).map((file) => load(readFileSync(join(at, file), 'utf8')) as KubeObject);

/** Their components and traits that are not built in. */
function added(): readonly KubeObject[] {
  const own = new Set(definitionsOf(join(packageRoot(), 'templates/definitions')).map((d) => d.metadata.name));
  return definitionsOf(definitionsFolder).filter(
    ({ kind, metadata }) => definitionResources.some((r) => r.kind === kind) && !own.has(metadata.name),
  );
}

const definitionResources = [componentDefinitionResource, traitDefinitionResource];

/** Why an Application cannot be expected to run here; undefined when it can. */
function reasonToSkip(
  { app }: Fixture,
  components: ReadonlySet<string>,
  traits: ReadonlySet<string>,
): string | undefined {
  const text = JSON.stringify(app);
  for (const component of app.spec.components) {
    if (!components.has(component.type)) return `component type ${component.type}`;
    const trait = component.traits?.find((t) => !traits.has(t.type));
    if (trait) return `trait ${trait.type}`;
  }
  const policy = app.spec.policies?.find((p) => !knownPolicies.includes(p.type));
  if (policy) return `policy ${policy.type}`;
  const step = app.spec.workflow?.steps?.find((s) => !knownSteps.includes(s.type));
  if (step) return `workflow step ${step.type}`;
  if (text.includes('"suspend"')) return 'waits for a person';
  if (
    /clusterLabelSelector|clusterSelector/.test(text) ||
    (text.includes('"clusters":') && !text.includes('"clusters":["local"]'))
  )
    return 'other clusters';
  if (app.metadata.annotations?.['app.oam.dev/controller-version-require'])
    return 'asks for another version of the controller';
  if (app.spec.workflow?.ref) return 'refers to a Workflow object';
  if (app.spec.components.some((c) => c.type === 'ref-objects')) return 'refers to objects that are not in the file';
  return undefined;
}

/** Applications that cannot run as they are, in any cluster of ours, with what is said about them. */
const refused: readonly { readonly file: string; readonly says: RegExp }[] = [
  { file: 'docs/end-user-workflow-built-in-workflow-defs__13.yaml', says: /express-server failed load\.apply/ },
  { file: 'docs/end-user-workflow-built-in-workflow-defs__2.yaml', says: /no resource of kind ..Ingress/ },
  { file: 'docs/end-user-workflow-built-in-workflow-defs__24.yaml', says: /valueFrom: Required value/ },
  { file: 'docs/end-user-workflow-built-in-workflow-defs__4.yaml', says: /unknown component/ },
  { file: 'docs/end-user-workflow-if-condition__1.yaml', says: /value needs apiVersion, kind and metadata/ },
  { file: 'examples/advanced-cue-app1.yaml', says: /no resource of kind ..Ingress/ },
  { file: 'docs/case-studies-multi-cluster__2.yaml', says: /namespaces .* not found/ },
  { file: 'docs/end-user-components-references__8.yaml', says: /duplicate entries for key/ },
  { file: 'docs/end-user-policies-references__12.yaml', says: /spec\.selector: Required value/ },
  { file: 'docs/end-user-policies-references__6.yaml', says: /read-only policy forbids to create it/ },
  { file: 'docs/platform-engineers-traits-customize-trait__1.yaml', says: /must be of type object/ },
  { file: 'docs/platform-engineers-traits-patch-trait__1.yaml', says: /namespaces .* not found/ },
  // These two create the same Namespace: the second one to come is refused.
  { file: 'docs/platform-engineers-addon-addon-yaml__1.yaml', says: /managed by other application/ },
  { file: 'docs/platform-engineers-addon-addon-cue__2.yaml', says: /managed by other application/ },
  // Its ServiceAccount exists nowhere, so no pod is admitted.
  { file: 'docs/end-user-traits-references__24.yaml', says: /Ready:0\/1/ },
  { file: 'docs/end-user-traits-references__25.yaml', says: /properties\.ports: must be array/ },
  { file: 'examples/app-with-volumes-app-worker-volumes.yaml', says: /may not specify more than 1 volume type/ },
  { file: 'e2e/app-app10.yaml', says: /unknown component/ },
  { file: 'e2e/app-app11.yaml', says: /cannot (get|patch) resource/ },
  { file: 'e2e/app-app_component_depends_on_fail.yaml', says: /image: Required value/ },
  { file: 'examples/advanced-cue-app2.yaml', says: /spec\.ports: Required value/ },
  { file: 'examples/core-definitions-component-webservice.yaml', says: /must be a relative path/ },
];

const fixtures = readFixtures();

describe('Applications that others wrote', () => {
  let cluster: TestCluster;

  beforeAll(async () => {
    cluster = await startCluster('--ready-delay', '50');
    // what people publish creates Namespaces and acts as their ServiceAccounts
    await cluster.must('install', '--rights', 'admin');
    for (const definition of added()) {
      const resource = definitionResources.find((r) => r.kind === definition.kind);
      if (resource) await cluster.client.create(resource, definition);
    }
  }, 120_000);

  afterAll(async () => {
    await cluster.stop();
  }, 30_000);

  test('are accepted and run when they use only what is built in', async () => {
    const components = builtIn('ComponentDefinition');
    const traits = builtIn('TraitDefinition');
    const skipped = fixtures.flatMap((f) => {
      const why = reasonToSkip(f, components, traits);
      return why ? [`${f.file}: ${why}`] : [];
    });
    const chosen = fixtures.filter((f) => reasonToSkip(f, components, traits) === undefined);
    process.stdout.write(`${chosen.length} Applications tried; skipped:\n${skipped.join('\n')}\n`);
    expect(chosen.length).toBeGreaterThan(0);
    const outcomes = await Promise.all(chosen.map((fixture, i) => tryOne(cluster, fixture, `fixture-${i}`)));
    const unexpected = outcomes.filter((outcome) => outcome !== undefined && !isExpected(outcome));
    expect(unexpected).toEqual([]);
  }, 300_000);
});

/** Creates the Application in a namespace of its own; returns what went wrong. */
async function tryOne({ client }: TestCluster, { file, app }: Fixture, namespace: string): Promise<string | undefined> {
  try {
    await createNamespace(client, namespace);
    await client.create(applicationResource, { ...app, metadata: { ...app.metadata, namespace } });
    return await eventually(
      file,
      async () => {
        const now = await client.get<Application>(applicationResource, { name: app.metadata.name ?? '', namespace });
        if (now.status?.status === 'running') return undefined;
        const obstacle = `${file}: ${describeObstacle(now)}`;
        if (isExpected(obstacle)) return obstacle;
        throw new Error(obstacle);
      },
      45,
    );
  } catch (error) {
    const cause = (error as Error).cause as Error | undefined;
    return `${file}: ${(error as Error).message}: ${cause?.message ?? ''}`.slice(0, 600);
  }
}

const isExpected = (outcome: string): boolean =>
  refused.some(({ file, says }) => outcome.startsWith(`${file}: `) && says.test(outcome));

function describeObstacle({ status }: Application): string {
  const bad = status?.conditions?.filter((c) => c.status === 'False').map((c) => c.message);
  const steps = status?.workflow?.steps
    ?.filter((s) => s.phase !== 'succeeded')
    .map((s) => `${s.name ?? ''} ${s.phase ?? ''} ${s.message ?? ''}`);
  const services = status?.services?.filter((s) => !s.healthy).map((s) => `${s.name} ${s.message ?? ''}`);
  return JSON.stringify([status?.status, bad, steps, services]);
}
