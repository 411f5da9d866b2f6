import { ignoreNotFound } from '../apis/api-error.ts';
import type { Application } from '../apis/application.ts';
import { schematicOf } from '../apis/definition.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { findDefinition } from '../appfile/definition-lookup.ts';
import type { DefinitionSource } from '../appfile/definition-lookup.ts';
import type { ParsedApplication } from '../appfile/parse.ts';
import { namedPolicies, parseApplication } from '../appfile/parse.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import type { Logger } from '../../machinery/src/logging/logger.ts';
import { engineFor } from '../render/engine.ts';
import type { ClusterVersion } from '../render/context.ts';
import type { Engines } from '../render/engine.ts';
import { scheduledShard } from '../scheduling/assign.ts';
import type { AdmissionHandler } from '../webhook/admission-review.ts';
import { definedStepTypes, replaceableSteps } from '../workflow/generate.ts';
import type { References } from '../workflow/references.ts';
import { readReferences } from '../workflow/references.ts';
import { mutateApplication } from './application/mutate.ts';
import { policyWarnings } from './application/policy-warnings.ts';
import { renderProblems } from './application/render-check.ts';
import { selectionWarnings } from './application/selected-names.ts';
import { undeclaredProperties } from './application/undeclared.ts';
import type { ParameterSchemas } from './application/undeclared.ts';
import { validateApplication } from './application/validate.ts';
import { mutateComponentDefinition } from './definition/mutate.ts';
import type { PolicyGates } from './definition/policy.ts';
import type { FindResource } from './definition/mutate.ts';
import { validateDefinition } from './definition/validate.ts';

export interface HandlerParts {
  readonly client: Pick<KubeClient, 'resourceFor' | 'get'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engines: Engines;
  readonly clusterVersion: ClusterVersion;
  readonly gates: PolicyGates & { readonly ValidateResourcesExist: boolean; readonly EnableCueValidation: boolean };
  readonly definitions: DefinitionSource;
  /** Whether every definition is cached; before that, a missing definition is no problem of an Application. */
  readonly hasDefinitions: () => boolean;
  readonly definitionNamespace: string;
  /** Undefined where the users of Applications are not recorded. */
  readonly identity: NonNullable<Parameters<typeof mutateApplication>[1]>['identity'];
  readonly onComponentProblems: 'refuse' | 'warn';
  readonly scheduling:
    | {
        /** Undefined where shards are not chosen at admission. */
        readonly pick: ((application: KubeObject) => Promise<string | undefined>) | undefined;
        readonly known: () => readonly string[];
      }
    | undefined;
}

/** Timeout of the choice of a shard: an admission request must not wait for a master without the API server. */
const pickTimeoutMs = 2_000;
/** How long an Application waits for warnings. */
const warningsTimeoutMs = 2_000;
/** How long an Application waits for the objects that its workflow refers to. */
const referencesTimeoutMs = 2_000;
/** How long an Application is rendered at admission. */
const renderTimeoutMs = 3_000;
/** A definition that was applied a moment ago may not be cached yet, so that a failure is checked again. */
const secondParseAfterMs = 500;

/** Returns the handlers of the admission webhooks, by path. */
export function admissionHandlers(parts: HandlerParts): Readonly<Record<string, AdmissionHandler>> {
  const findResource = finder(parts.client);
  const { engines, gates } = parts;
  const checks = { engines, findResource, outputKindsMustExist: gates.ValidateResourcesExist, gates };
  const definition: AdmissionHandler = (request) => validateDefinition(request, checks);
  return {
    '/validating-core-oam-dev-v1beta1-componentdefinitions': definition,
    '/validating-core-oam-dev-v1beta1-traitdefinitions': definition,
    '/validating-core-oam-dev-v1beta1-policydefinitions': definition,
    '/validating-core-oam-dev-v1beta1-workflowstepdefinitions': definition,
    '/mutating-core-oam-dev-v1beta1-componentdefinitions': (request) =>
      mutateComponentDefinition(request, findResource),
    '/mutating-core-oam-dev-v1beta1-applications': applicationMutation(parts),
    '/validating-core-oam-dev-v1beta1-applications': (request, signal) =>
      validateApplication(request, {
        knownShards: parts.scheduling?.known,
        componentProblems: (app, isNewSpec) => componentProblems(parts, app, { isNewSpec, signal }),
        onComponentProblems: parts.onComponentProblems,
        undeclared: async (app) => [...withoutEffect(parts, app), ...(await undeclaredWarnings(parts, app))],
      }),
  };
}

function applicationMutation({ scheduling, identity, clock, logger }: HandlerParts): AdmissionHandler {
  return async (request) => {
    const { object, oldObject, namespace, name } = request;
    const isOpen = object && scheduledShard(object) === undefined && scheduledShard(oldObject) === undefined;
    const warnings: string[] = [];
    const choosing = isOpen ? scheduling?.pick?.(object) : undefined;
    const shard = await inTime(clock, choosing, pickTimeoutMs).catch((error: unknown) => {
      logger.warn({ err: error, namespace, name }, 'failed to choose a shard');
      warnings.push('no shard could be chosen now; the application gets one as soon as possible');
      return undefined;
    });
    const answer = mutateApplication(request, { identity, pick: scheduling?.pick && (() => shard) });
    return { ...answer, warnings };
  };
}

function withoutEffect({ gates, definitions, definitionNamespace }: HandlerParts, app: Application): readonly string[] {
  const selections = selectionWarnings(app);
  if (gates.EnableApplicationScopedPolicies) return selections;
  return [...policyWarnings(app, { definitions, systemNamespace: definitionNamespace }), ...selections];
}

/** The warnings about properties without effect; none when they are late. */
async function undeclaredWarnings(parts: HandlerParts, app: Application): Promise<readonly string[]> {
  const { definitions, definitionNamespace, engines, clock } = parts;
  const scope = { namespaces: [app.metadata.namespace ?? '', definitionNamespace], autoUpdate: false };
  const schemas: ParameterSchemas = async (kind, type) => {
    const definition = findDefinition(definitions, kind, type, scope);
    const schematic = schematicOf(definition?.spec ?? {});
    const engine = engineFor({ name: type, schematic }, engines);
    const schema = engine.ok ? await engine.value.declaredParameters({ name: type, schematic }) : engine;
    return schema.ok ? schema.value : undefined;
  };
  return (await inTime(clock, undeclaredProperties(app, schemas), warningsTimeoutMs).catch(() => [])) ?? [];
}

async function componentProblems(
  parts: HandlerParts,
  app: Application,
  { isNewSpec, signal }: { readonly isNewSpec: boolean; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  if (!parts.hasDefinitions()) return [];
  const references = isNewSpec ? await referencesOf(parts, app) : undefined;
  const { workflow: referred, policies: external = [], problems: missing = [] } = references ?? {};
  const options = {
    definitions: parts.definitions,
    systemNamespace: parts.definitionNamespace,
    stepTypes: definedStepTypes({
      workflow: app.spec.workflow,
      referred,
      components: app.spec.components,
      policies: namedPolicies(app.spec.policies ?? []),
    }),
    optionalStepTypes: replaceableSteps,
    external,
  };
  const first = parseApplication(app, options);
  if (!first.ok) await parts.clock.sleep(secondParseAfterMs, signal);
  const parsed = first.ok ? first : parseApplication(app, options);
  if (!parsed.ok) return [...parsed.problems, ...missing];
  if (missing.length > 0) return missing;
  return isNewSpec ? renderingProblems(parts, parsed.parsed) : [];
}

/** What the workflow refers to; nothing when it is late: then the controller reports what does not exist. */
async function referencesOf(
  { client, clock, logger }: HandlerParts,
  app: Application,
): Promise<References | undefined> {
  const { namespace, name } = app.metadata;
  const reading = readReferences(app, namedPolicies(app.spec.policies ?? []), (resource, other) =>
    ignoreNotFound(client.get(resource, { name: other, namespace })),
  );
  return inTime(clock, reading, referencesTimeoutMs).catch((error: unknown) => {
    logger.warn({ err: error, namespace, name }, 'failed to read what a workflow refers to at admission');
    return undefined;
  });
}

/** None when they are late: then the step that delivers the component reports them. */
async function renderingProblems(parts: HandlerParts, parsed: ParsedApplication): Promise<readonly string[]> {
  const { engines, clusterVersion, clock, logger, gates } = parts;
  const checks = { engines, clusterVersion, requiresParameters: gates.EnableCueValidation };
  const { namespace, name } = parsed.app.metadata;
  const problems = await inTime(clock, renderProblems(parsed, checks), renderTimeoutMs).catch((error: unknown) => {
    logger.warn({ err: error, namespace, name }, 'failed to render an application at admission');
    return [];
  });
  return problems ?? [];
}

function finder(client: Pick<KubeClient, 'resourceFor'>): FindResource {
  return (apiVersion, kind) => ignoreNotFound(client.resourceFor(apiVersion, kind));
}

/** Rejects after the timeout; the work continues. */
async function inTime<T>(clock: Clock, work: Promise<T> | undefined, timeoutMs: number): Promise<T | undefined> {
  const done = new AbortController();
  const late = clock.sleep(timeoutMs, done.signal).then(() => {
    throw new Error(`not done within ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined);
    done.abort();
  }
}
