import { join } from 'node:path';
import type { Application } from '../../pkg/apis/application.ts';
import type { ApplicationRevisionSpec } from '../../pkg/apis/application-revision.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { componentDefinitionResource } from '../../pkg/apis/component-definition.ts';
import { definitionRevisionResource } from '../../pkg/apis/definition-revision.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { policyDefinitionResource } from '../../pkg/apis/policy-definition.ts';
import { traitDefinitionResource } from '../../pkg/apis/trait-definition.ts';
import { workflowStepDefinitionResource } from '../../pkg/apis/workflow-step-definition.ts';
import { ignoreNotFound } from '../../pkg/apis/api-error.ts';
import type { DefinitionSource } from '../../pkg/appfile/definition-lookup.ts';
import { namedPolicies } from '../../pkg/appfile/parse.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { mapBounded } from '../../pkg/dispatch/bounded.ts';
import type { PreviewSource } from '../../pkg/controllers/application/preview.ts';
import { loadTemplates } from '../../pkg/install/templates.ts';
import { clusterVersionOf } from '../../pkg/render/context.ts';
import { CueEngine } from '../../pkg/render/cue/cue-engine.ts';
import { CueExpressions } from '../../pkg/render/cue/cue-expressions.ts';
import { HandlebarsEngine } from '../../pkg/render/handlebars-engine.ts';
import { fetchManifests } from '../../pkg/controllers/application/component/fetch-manifests.ts';
import type { References } from '../../pkg/workflow/references.ts';
import { readReferences } from '../../pkg/workflow/references.ts';
import { CliError } from './io.ts';

const definitionResources: readonly Resource[] = [
  componentDefinitionResource,
  traitDefinitionResource,
  policyDefinitionResource,
  workflowStepDefinitionResource,
  definitionRevisionResource,
];

/** Definitions that were read once; of two with one name the later one counts. */
class ReadDefinitions implements DefinitionSource {
  readonly #byKey = new Map<string, KubeObject>();

  constructor(definitions: readonly KubeObject[]) {
    for (const one of definitions) {
      const { name = '', namespace = systemNamespace } = one.metadata;
      this.#byKey.set(`${one.kind}/${namespace}/${name}`, one);
    }
  }

  get(kind: string, namespace: string, name: string): KubeObject | undefined {
    return this.#byKey.get(`${kind}/${namespace}/${name}`);
  }

  list(kind: string, namespace: string): readonly KubeObject[] {
    const prefix = `${kind}/${namespace}/`;
    return [...this.#byKey].flatMap(([key, one]) => (key.startsWith(prefix) ? [one] : []));
  }
}

/** What a preview is made from, apart from what concerns one Application. */
export type PreviewBase = Omit<PreviewSource, 'revisionNumber' | 'workflow' | 'policies' | 'references'>;

const newEngines = () => ({
  handlebars: new HandlebarsEngine(),
  cue: new CueEngine(),
  expressions: new CueExpressions(),
});

/** With the definitions of this release in the place of those of a cluster; `more` are laid over them. */
export async function offlineBase(more: readonly KubeObject[]): Promise<PreviewBase> {
  const { definitions } = await loadTemplates(join(packageRoot(), 'templates'));
  return {
    definitions: new ReadDefinitions([...definitions.map(inSystem), ...more]),
    engines: newEngines(),
    clusterVersion: clusterVersionOf({}),
    systemNamespace,
  };
}

const inSystem = (definition: KubeObject): KubeObject => ({
  ...definition,
  metadata: { ...definition.metadata, namespace: systemNamespace },
});

/** With the definitions of a cluster that Applications of the namespaces see; `more` are laid over them. */
export async function clusterBase(
  client: KubeClient,
  namespaces: readonly string[],
  more: readonly KubeObject[],
): Promise<PreviewBase> {
  const places = [...new Set([...namespaces, systemNamespace])];
  const queries = places.flatMap((namespace) => definitionResources.map((resource) => ({ namespace, resource })));
  const [version, lists] = await Promise.all([
    client.raw<Parameters<typeof clusterVersionOf>[0]>('GET', '/version'),
    mapBounded(queries, 5, async ({ namespace, resource }) => (await client.list(resource, { namespace })).items),
  ]);
  return {
    definitions: new ReadDefinitions([...lists.flat(), ...more]),
    engines: newEngines(),
    clusterVersion: clusterVersionOf(version),
    systemNamespace,
  };
}

/** What the preview of one Application needs of a cluster: its next revision, its Workflow and the objects it refers to. */
export async function clusterDetails(
  client: KubeClient,
  app: Application,
  signal: AbortSignal,
  known?: Pick<References, 'workflow' | 'policies'>,
): Promise<Pick<PreviewSource, 'revisionNumber' | 'workflow' | 'policies' | 'references'>> {
  const { name = '', namespace } = app.metadata;
  const live = await ignoreNotFound(client.get<Application>(applicationResource, { name, namespace }));
  const { workflow, policies } = known ?? (await existingReferences(client, app));
  return {
    revisionNumber: (live?.status?.latestRevision?.revision ?? 0) + 1,
    workflow,
    policies,
    references: { client, author: client, scope: 'cluster', fetchText: fetchManifests, signal },
  };
}

async function existingReferences(client: KubeClient, app: Application): Promise<References> {
  const { name = '', namespace } = app.metadata;
  const references = await readReferences(app, namedPolicies(app.spec.policies ?? []), (resource, other) =>
    ignoreNotFound(client.get(resource, { name: other, namespace })),
  );
  const { problems } = references;
  if (problems.length > 0) throw new CliError(`application ${name}: ${problems.join('; ')}`);
  return references;
}

/** With the definitions that a revision holds. */
export async function revisionBase(
  client: KubeClient,
  app: Application,
  spec: ApplicationRevisionSpec,
  signal: AbortSignal,
): Promise<PreviewSource> {
  const { componentDefinitions, traitDefinitions, workflowStepDefinitions, policyDefinitions } = spec;
  const held: readonly (Readonly<Record<string, KubeObject>> | undefined)[] = [
    componentDefinitions,
    traitDefinitions,
    workflowStepDefinitions,
    policyDefinitions,
  ];
  const definitions = held.flatMap((byType = {}) =>
    Object.entries(byType).map(([name, one]) => inSystem({ ...one, metadata: { ...one.metadata, name } })),
  );
  const base = await clusterBase(client, [], definitions);
  const known = { workflow: spec.workflow, policies: Object.values(spec.policies ?? {}) };
  return { ...base, ...(await clusterDetails(client, app, signal, known)) };
}
