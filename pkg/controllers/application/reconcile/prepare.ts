import { ignoreNotFound } from '../../../apis/api-error.ts';
import type { Application } from '../../../apis/application.ts';
import type { ApplicationRevisionSpec } from '../../../apis/application-revision.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import type { Workflow } from '../../../apis/workflow.ts';
import { splitType } from '../../../appfile/definition-lookup.ts';
import type { ParsedApplication } from '../../../appfile/parse.ts';
import { externalPolicy, namedPolicies, parseApplication } from '../../../appfile/parse.ts';
import { resourcePolicies } from '../../../appfile/resource-policy.ts';
import { revisionSpec } from '../../../revision/content.ts';
import { definedStepTypes, planWorkflow, replaceableSteps } from '../../../workflow/generate.ts';
import type { References } from '../../../workflow/references.ts';
import { readReferences } from '../../../workflow/references.ts';
import type { ApplicationDeps } from '../deps.ts';
import type { Family } from '../family/family.ts';
import { trackerOwner } from '../family/tracker-owner.ts';
import { referredObjects } from '../component/referred.ts';
import { readerOf } from '../component/render.ts';
import { fenceFor } from '../ownership/fence.ts';
import { userClient } from '../ownership/identity.ts';
import type { PolicyEffect } from '../policies/apply.ts';
import type { Planned, Prepared } from '../stages.ts';
import { ReconcileFailure } from '../status/failure.ts';
import type { CurrentRevision } from './revision-step.ts';
import { ensureRevision, pinnedRevision } from './revision-step.ts';

export interface Preparation {
  readonly deps: ApplicationDeps;
  /** As its policies changed it. */
  readonly app: Application;
  readonly policies: PolicyEffect;
  readonly family: Family;
  readonly signal: AbortSignal;
}

/** An Application with a stored revision. */
export interface WithRevision extends Prepared {
  /** The workflow that the Application refers to. */
  readonly workflow: Workflow | undefined;
  /** Metadata of all its revisions, oldest first. */
  readonly revisions: readonly KubeObject[];
}

/** Parses an Application and stores its revision; mistakes of the user are failures of the condition `Parsed`. */
export async function prepare(preparation: Preparation): Promise<WithRevision> {
  const { app, deps, family, signal } = preparation;
  const pinned = await pinnedRevision({ client: deps.client, app, family, signal });
  if (pinned) {
    const { application, workflow } = pinned.spec;
    const executed: Application = { ...app, spec: application.spec };
    const parsed = parsedAs(executed, pinned.spec);
    const current = await storeRevision(pinned.spec, preparation);
    return withRevision(preparation, parsed, { ...current, workflow });
  }
  const references = await referencesOf(preparation);
  const { workflow } = references;
  const parsed = parse(app, references, deps);
  const referred = await readReferred(parsed, preparation);
  try {
    const current = await storeRevision(contentOf(preparation, parsed, { ...references, referred }), preparation);
    return withRevision(preparation, parsed, { ...current, workflow });
  } catch (error) {
    throw ReconcileFailure.of({ condition: 'Revision', phase: 'rendering', event: 'FailedRevision' }, error);
  }
}

/** The objects that components refer to, as they are now: a part of the revision. */
async function readReferred(
  { components }: ParsedApplication,
  { app, deps, signal }: Preparation,
): Promise<readonly KubeObject[]> {
  const referring = components.filter(({ type }) => type === 'ref-objects');
  if (referring.length === 0) return [];
  const reader = readerOf({ deps, author: userClient(deps.client, app, deps.options), signal });
  try {
    return (await Promise.all(referring.map((component) => referredObjects(component, app, reader)))).flat();
  } catch (error) {
    throw ReconcileFailure.of({ condition: 'Parsed', phase: 'rendering', event: 'FailedParse' }, error);
  }
}

function contentOf(
  { app, policies: effect }: Preparation,
  { definitions }: ParsedApplication,
  { workflow, policies, referred }: References & { readonly referred: readonly KubeObject[] },
): ApplicationRevisionSpec {
  const { policyDefinitions = {}, policyVersions = {}, originalSpecHash } = effect;
  return revisionSpec({
    app,
    ...definitions,
    policyDefinitions: { ...definitions.policyDefinitions, ...policyDefinitions },
    policyVersions,
    originalSpecHash,
    workflow,
    referredObjects: referred,
    policies,
  });
}

function withRevision(
  { app: live, policies: { custom } }: Preparation,
  parsed: ParsedApplication,
  current: CurrentRevision & Pick<WithRevision, 'workflow'>,
): WithRevision {
  const { app } = parsed;
  return { ...current, app, parsed, custom, owner: trackerOwner(app, live, current.revision.metadata.name ?? '') };
}

function storeRevision(spec: ApplicationRevisionSpec, { deps, app, family, signal }: Preparation) {
  const { client, options } = deps;
  const settings = { fence: fenceFor(app, options), compression: options.compression.revisions };
  return ensureRevision({ client, app, family, spec, ...settings, signal });
}

function parse(app: Application, references: References, deps: ApplicationDeps): ParsedApplication {
  const { workflow, policies } = references;
  // Workflows and Policies are not watched: an Application that refers to one is parsed again
  const isPermanent = app.spec.workflow?.ref === undefined && policies.length === 0 && references.problems.length === 0;
  const about = { condition: 'Parsed', phase: 'rendering', event: 'FailedParse', isPermanent } as const;
  const source = {
    workflow: app.spec.workflow,
    referred: workflow,
    components: app.spec.components,
    policies: namedPolicies(app.spec.policies ?? []),
  };
  const result = parseApplication(app, {
    definitions: deps.definitions,
    systemNamespace: deps.options.systemDefinitionNamespace,
    stepTypes: definedStepTypes(source),
    optionalStepTypes: replaceableSteps,
    external: policies,
  });
  const problems = [...references.problems, ...(result.ok ? [] : result.problems)];
  if (result.ok && problems.length === 0) return result.parsed;
  throw new ReconcileFailure(about, problems.join('; '));
}

/** A stored revision was validated when it was created. */
function parsedAs(app: Application, spec: ApplicationRevisionSpec): ParsedApplication {
  const own = namedPolicies(app.spec.policies ?? []);
  const definitionOf = (type: string) => spec.policyDefinitions?.[splitType(type).name];
  const policies = [...own, ...Object.values(spec.policies ?? {}).map(externalPolicy)].filter(
    ({ type }) => (definitionOf(type)?.spec.scope ?? '') === '',
  );
  const used = policies.flatMap(({ type }) => {
    const definition = definitionOf(type);
    return definition ? [[type, definition] as const] : [];
  });
  return {
    app,
    components: app.spec.components,
    policies,
    resourcePolicies: resourcePolicies(app, own),
    definitions: {
      componentDefinitions: spec.componentDefinitions ?? {},
      traitDefinitions: spec.traitDefinitions ?? {},
      workflowStepDefinitions: spec.workflowStepDefinitions ?? {},
      policyDefinitions: Object.fromEntries(used),
    },
  };
}

function referencesOf({ deps, app, signal }: Preparation): Promise<References> {
  return readReferences(app, namedPolicies(app.spec.policies ?? []), (resource, name) =>
    ignoreNotFound(deps.client.get(resource, { name, namespace: app.metadata.namespace }, { signal })),
  );
}

/** Plans the steps of a prepared Application; mistakes are failures of the condition `Workflow`. */
export function plan(prepared: WithRevision): Planned {
  const { app, parsed, workflow } = prepared;
  const { components, policies, definitions } = parsed;
  const definedSteps = Object.keys(definitions.workflowStepDefinitions);
  const source = { workflow: app.spec.workflow, referred: workflow, components, policies, definedSteps };
  const planned = planWorkflow(source);
  if (planned.ok) return { ...prepared, plan: planned.plan };
  const about = { condition: 'Workflow', phase: 'workflowFailed', event: 'FailedWorkflow' } as const;
  throw new ReconcileFailure(about, planned.problems.join('; '));
}
