import { isNotFound } from '../apis/api-error.ts';
import type { Application } from '../apis/application.ts';
import type { Schematic } from '../apis/definition.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../apis/meta.ts';
import { findDefinition } from '../appfile/definition-lookup.ts';
import type { DefinitionSource } from '../appfile/definition-lookup.ts';
import { namedPolicies, parseApplication } from '../appfile/parse.ts';
import type { Clock } from '../clock/clock.ts';
import type { Logger } from '../logging/logger.ts';
import { engineFor } from '../render/engine.ts';
import type { Engines } from '../render/engine.ts';
import { scheduledShard } from '../scheduling/assign.ts';
import type { AdmissionHandler } from '../webhook/admission-review.ts';
import { definedStepTypes, replaceableSteps } from '../workflow/generate.ts';
import { mutateApplication } from './application/mutate.ts';
import { undeclaredProperties } from './application/undeclared.ts';
import type { ParameterSchemas } from './application/undeclared.ts';
import { validateApplication } from './application/validate.ts';
import { mutateComponentDefinition } from './definition/mutate.ts';
import type { FindResource } from './definition/mutate.ts';
import { validateDefinition } from './definition/validate.ts';

export interface HandlerParts {
  readonly client: Pick<KubeClient, 'resourceFor'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engines: Engines;
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
/** A definition that was applied a moment ago may not be cached yet, so that a failure is checked again. */
const secondParseAfterMs = 500;

/** Returns the handlers of the admission webhooks, by path. */
export function admissionHandlers(parts: HandlerParts): Readonly<Record<string, AdmissionHandler>> {
  const definition: AdmissionHandler = (request) => validateDefinition(request, parts.engines);
  return {
    '/validating-core-oam-dev-v1beta1-componentdefinitions': definition,
    '/validating-core-oam-dev-v1beta1-traitdefinitions': definition,
    '/validating-core-oam-dev-v1beta1-policydefinitions': definition,
    '/validating-core-oam-dev-v1beta1-workflowstepdefinitions': definition,
    '/mutating-core-oam-dev-v1beta1-componentdefinitions': (request) =>
      mutateComponentDefinition(request, finder(parts.client)),
    '/mutating-core-oam-dev-v1beta1-applications': applicationMutation(parts),
    '/validating-core-oam-dev-v1beta1-applications': (request, signal) =>
      validateApplication(request, {
        knownShards: parts.scheduling?.known,
        componentProblems: (app) => parseProblems(parts, app, signal),
        onComponentProblems: parts.onComponentProblems,
        undeclared: (app) => undeclaredWarnings(parts, app),
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

/** The warnings about properties without effect; none when they are late. */
async function undeclaredWarnings(parts: HandlerParts, app: Application): Promise<readonly string[]> {
  const { definitions, definitionNamespace, engines, clock } = parts;
  const scope = { namespaces: [app.metadata.namespace ?? '', definitionNamespace], autoUpdate: false };
  const schemas: ParameterSchemas = async (kind, type) => {
    const definition = findDefinition(definitions, kind, type, scope);
    const { schematic } = (definition?.spec ?? {}) as { readonly schematic?: Schematic };
    const engine = engineFor({ name: type, schematic }, engines);
    const schema = engine.ok ? await engine.value.parameterSchema({ name: type, schematic }) : engine;
    return schema.ok ? schema.value : undefined;
  };
  return (await inTime(clock, undeclaredProperties(app, schemas), warningsTimeoutMs).catch(() => [])) ?? [];
}

async function parseProblems(parts: HandlerParts, app: Application, signal: AbortSignal): Promise<readonly string[]> {
  if (!parts.hasDefinitions()) return [];
  const options = {
    definitions: parts.definitions,
    systemNamespace: parts.definitionNamespace,
    stepTypes: definedStepTypes({
      workflow: app.spec.workflow,
      referred: undefined,
      components: app.spec.components,
      policies: namedPolicies(app.spec.policies ?? []),
    }),
    optionalStepTypes: replaceableSteps,
  };
  if (parseApplication(app, options).ok) return [];
  await parts.clock.sleep(secondParseAfterMs, signal);
  const second = parseApplication(app, options);
  return second.ok ? [] : second.problems;
}

function finder(client: Pick<KubeClient, 'resourceFor'>): FindResource {
  return (apiVersion, kind) =>
    client.resourceFor(apiVersion, kind).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
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
