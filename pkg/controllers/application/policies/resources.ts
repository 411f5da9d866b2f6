import { schematicOf } from '../../../apis/definition.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { labels } from '../../../apis/names.ts';
import type { PolicyDefinition } from '../../../apis/policy-definition.ts';
import type { NamedPolicy } from '../../../appfile/parse.ts';
import type { Manifest } from '../../../dispatch/manifest.ts';
import type { ClusterVersion } from '../../../render/context.ts';
import { contextData } from '../../../render/context.ts';
import type { Engines, Rendered } from '../../../render/engine.ts';
import { engineFor } from '../../../render/engine.ts';
import { renderContext } from '../component/placement.ts';
import type { Capabilities, Planned, Prepared, Renderable } from '../stages.ts';
import { ReconcileFailure } from '../status/failure.ts';

const about = { condition: 'Policy', phase: 'generatingPolicy', event: 'FailedApply' } as const;

/** Delivers the objects that the policies of an Application yield; its components come after them. */
export async function deliverPolicyObjects(planned: Planned, { deps, keeper, signal }: Capabilities): Promise<void> {
  const policies = policiesWithObjects(planned);
  if (policies.length === 0) return;
  const manifests = await Promise.all(policies.map((one) => renderPolicyObjects(one, planned, deps)));
  const problems = manifests.flatMap((rendered) => (rendered.ok ? [] : rendered.problems));
  if (problems.length > 0) throw new ReconcileFailure(about, problems.join('; '));
  try {
    await keeper.dispatch(
      manifests.flatMap((rendered) => (rendered.ok ? rendered.value : [])),
      signal,
    );
  } catch (error) {
    throw ReconcileFailure.of(about, error);
  }
}

/** Whether a policy of an Application judges the health of its components, in place of the controller. */
export const isHealthManaged = ({ parsed }: Pick<Prepared, 'parsed'>): boolean =>
  Object.values(parsed.definitions.policyDefinitions).some(({ spec }) => spec.manageHealthCheck === true);

interface PolicyWithObjects {
  readonly policy: NamedPolicy;
  readonly definition: PolicyDefinition;
}

export const policiesWithObjects = ({ parsed }: Pick<Prepared, 'parsed'>): readonly PolicyWithObjects[] =>
  parsed.policies.flatMap((policy) => {
    const definition = parsed.definitions.policyDefinitions[policy.type];
    return definition ? [{ policy, definition }] : [];
  });

/** The manifests of one policy; they have no labels but those by which they belong to the Application. */
export async function renderPolicyObjects(
  { policy, definition }: PolicyWithObjects,
  renderable: Renderable,
  { engines, clusterVersion }: { readonly engines: Engines; readonly clusterVersion: ClusterVersion },
): Promise<Rendered<readonly Manifest[]>> {
  const where = `policy "${policy.name}" of type "${policy.type}"`;
  const { app, revision } = renderable;
  const namespace = app.metadata.namespace ?? 'default';
  const template = { name: policy.type, schematic: schematicOf(definition.spec) };
  const engine = engineFor(template, engines);
  const component = { name: policy.name, type: policy.type };
  const context = contextData(renderContext({ component, namespace }, renderable, { clusterVersion }));
  const input = { parameter: policy.properties ?? {}, context };
  const rendered = engine.ok ? await engine.value.render(template, input) : engine;
  if (!rendered.ok) return { ok: false, problems: rendered.problems.map((text) => `${where}: ${text}`) };
  const { output, outputs } = rendered.value;
  const own = {
    [labels.appName]: app.metadata.name ?? '',
    [labels.appNamespace]: namespace,
    [labels.appComponent]: policy.name,
    [labels.appRevision]: revision.metadata.name ?? '',
  };
  const manifestOf = (object: KubeObject): Manifest => ({
    object: {
      ...object,
      metadata: {
        ...object.metadata,
        name: object.metadata.name ?? policy.name,
        namespace: object.metadata.namespace ?? namespace,
        labels: { ...object.metadata.labels, ...own },
      },
    },
    component: policy.name,
    trait: '',
  });
  return { ok: true, value: [...(output ? [output] : []), ...Object.values(outputs)].map(manifestOf) };
}
