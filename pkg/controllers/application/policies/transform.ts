import type { Application, ApplicationSpec } from '../../../apis/application.ts';
import { schematicOf } from '../../../apis/definition.ts';
import type { JsonObject } from '../../../../machinery/src/meta.ts';
import { fleetKeys } from '../../../apis/names.ts';
import type { ClusterVersion } from '../../../render/context.ts';
import type { Engines, Rendered } from '../../../render/engine.ts';
import type { StepActor } from '../../../render/step.ts';
import { sameContent } from '../../../revision/hash.ts';
import type { PolicyOutput } from './output.ts';
import { readPolicyFields } from './output.ts';
import type { PolicyToRender } from './select.ts';

/** A policy after it was rendered. */
export interface RenderedPolicy extends PolicyToRender {
  /** Undefined where the policy does not apply. */
  readonly output: PolicyOutput | undefined;
  /** Why it does not apply. */
  readonly message?: string;
  readonly isError?: boolean;
  /** The spec before and after, where the policy changes it. */
  readonly spec?: { readonly before: ApplicationSpec; readonly after: ApplicationSpec };
}

/** An Application as its policies change it. */
export interface Transformed {
  readonly app: Application;
  readonly policies: readonly RenderedPolicy[];
  /** What templates see as `context.custom`; undefined where no policy gives anything. */
  readonly custom: JsonObject | undefined;
  readonly changesSpec: boolean;
}

export interface TransformTools {
  readonly engines: Pick<Engines, 'cue'>;
  readonly clusterVersion: ClusterVersion;
  /** Performs what the templates of policies ask for. */
  readonly actor: StepActor;
}

/**
 * Renders the policies one by one, each with the Application as those before it leave it. An explicit policy that fails is a
 * problem of the Application; a global one is left out.
 */
export async function transformApplication(
  app: Application,
  policies: readonly PolicyToRender[],
  tools: TransformTools,
): Promise<Rendered<Transformed>> {
  let current = app;
  let custom: JsonObject = {};
  const rendered: RenderedPolicy[] = [];
  for (const policy of policies) {
    const result = await renderPolicy(policy, current, tools);
    if (!result.ok && policy.source === 'explicit') {
      const where = `policy "${policy.policy.name}" of type "${policy.policy.type}"`;
      return { ok: false, problems: result.problems.map((text) => `${where}: ${text}`) };
    }
    if (!result.ok) {
      rendered.push({ ...policy, output: undefined, isError: true, message: result.problems.join('; ') });
      continue;
    }
    const output = result.value;
    const before = current;
    current = output ? withOutput(current, output) : current;
    custom = { ...custom, ...output?.ctx };
    rendered.push({
      ...policy,
      output,
      ...(!output && { message: 'enabled=false' }),
      ...(!sameContent(before.spec, current.spec) && { spec: { before: before.spec, after: current.spec } }),
    });
  }
  const changesSpec = rendered.some(({ output }) => output !== undefined && outputChangesSpec(output));
  return {
    ok: true,
    value: {
      app: current,
      policies: rendered,
      custom: Object.keys(custom).length > 0 ? custom : undefined,
      changesSpec,
    },
  };
}

export const outputChangesSpec = ({ components = [], workflow, policies = [] }: PolicyOutput): boolean =>
  components.length > 0 || workflow !== undefined || policies.length > 0;

async function renderPolicy(
  { policy, definition, version }: PolicyToRender,
  app: Application,
  { engines, clusterVersion, actor }: TransformTools,
): Promise<Rendered<PolicyOutput | undefined>> {
  const schematic = schematicOf(definition.spec);
  if (!schematic?.cue)
    return { ok: false, problems: ['a policy of scope Application needs spec.schematic.cue in its definition'] };
  const context = contextOf(app, clusterVersion);
  const about = {
    policyName: policy.name,
    policyType: policy.type,
    policyRevisionName: version.definitionRevisionName,
    policyRevision: version.revision,
    policyRevisionHash: version.revisionHash,
  };
  const input = { parameter: policy.properties ?? {}, context: { ...context, ...about } };
  const fields = await engines.cue.renderPolicy({ name: policy.type, schematic }, input, actor);
  return fields.ok ? readPolicyFields(fields.value) : fields;
}

/** Labels and annotations that are about the system, and not about the Application. */
const internal = ['app.oam.dev/', 'oam.dev/', 'kubectl.kubernetes.io/', 'kubernetes.io/', 'k8s.io/', 'helm.sh/', 'app.kubernetes.io/']; // prettier-ignore

const shown = (record: Readonly<Record<string, string>> = {}): JsonObject =>
  Object.fromEntries(
    Object.entries(record).filter(
      ([key]) => !fleetKeys.includes(key) && !internal.includes(key.slice(0, key.indexOf('/') + 1)),
    ),
  );

function contextOf({ metadata, spec }: Application, clusterVersion: ClusterVersion): JsonObject {
  const { name = '', namespace = '' } = metadata;
  return {
    name,
    appName: name,
    namespace,
    appRevision: '',
    appRevisionNum: 0,
    appLabels: shown(metadata.labels),
    appAnnotations: shown(metadata.annotations),
    appComponents: spec.components,
    appWorkflow: spec.workflow ?? null,
    appPolicies: spec.policies ?? null,
    components: null,
    cluster: '',
    clusterVersion: { ...clusterVersion },
    replicaKey: '',
  };
}

function withOutput(app: Application, output: PolicyOutput): Application {
  const { labels, annotations, components = [], workflow, policies } = output;
  const { metadata, spec } = app;
  return {
    ...app,
    metadata: {
      ...metadata,
      ...(labels && { labels: { ...metadata.labels, ...labels } }),
      ...(annotations && { annotations: { ...metadata.annotations, ...annotations } }),
    },
    spec: {
      ...spec,
      ...(components.length > 0 && { components }),
      ...(workflow && { workflow }),
      ...(policies && { policies }),
    },
  };
}
