import type { ApplicationRevision, ApplicationRevisionSpec } from '../apis/application-revision.ts';
import type { Application } from '../apis/application.ts';
import type { ComponentDefinition } from '../apis/component-definition.ts';
import type { Json, JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { keyOf } from '../../machinery/src/meta.ts';
import { annotations, fleetKeys, labels } from '../apis/names.ts';
import type { PolicyDefinition } from '../apis/policy-definition.ts';
import type { Policy } from '../apis/policy.ts';
import type { TraitDefinition } from '../apis/trait-definition.ts';
import type { Workflow } from '../apis/workflow.ts';
import type { WorkflowStepDefinition } from '../apis/workflow-step-definition.ts';
import { byDefinitionName } from './definitions.ts';
import { contentHash, keepCanonicalJson } from './hash.ts';

/** What a revision is made of. */
export interface RevisionParts {
  readonly app: Application;
  readonly componentDefinitions: Readonly<Record<string, ComponentDefinition>>;
  readonly traitDefinitions: Readonly<Record<string, TraitDefinition>>;
  readonly workflowStepDefinitions?: Readonly<Record<string, WorkflowStepDefinition>>;
  /** Of policies that yield objects, and of those that change the Application. */
  readonly policyDefinitions?: Readonly<Record<string, PolicyDefinition>>;
  readonly policyVersions?: ApplicationRevisionSpec['policyVersions'];
  /** Hash of the spec before policies changed it. */
  readonly originalSpecHash?: string | undefined;
  readonly workflow?: Workflow | undefined;
  /** Policy objects that deploy steps name. */
  readonly policies?: readonly Policy[] | undefined;
  readonly referredObjects?: readonly KubeObject[] | undefined;
}

/** The content of a revision: the Application and what it used, without anything that changes by itself. */
export function revisionSpec(parts: RevisionParts): ApplicationRevisionSpec {
  const { workflowStepDefinitions: steps = {}, policyDefinitions = {}, policyVersions = {} } = parts;
  return {
    application: withSortedProperties(withOriginal(bare(parts.app), parts.originalSpecHash)),
    componentDefinitions: bareAll(byDefinitionName(parts.componentDefinitions)),
    traitDefinitions: bareAll(byDefinitionName(parts.traitDefinitions)),
    ...(Object.keys(steps).length > 0 && { workflowStepDefinitions: bareAll(steps) }),
    ...(hasKeys(policyDefinitions) && { policyDefinitions: byName(bareAll(policyDefinitions)) }),
    ...(hasKeys(policyVersions) && { policyVersions }),
    ...(parts.workflow && { workflow: bare(parts.workflow) }),
    ...(parts.policies?.length && { policies: byKey(parts.policies.map(bare)) }),
    ...(parts.referredObjects?.length && { referredObjects: parts.referredObjects }),
  };
}

const hasKeys = (map: object): boolean => Object.keys(map).length > 0;

/** KubeVela's controller finds them by the names of the definitions, without a version. */
const byName = <T extends KubeObject>(map: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(map).map(([type, definition]) => [definition.metadata.name ?? type, definition]));

function withOriginal(app: Application, hash: string | undefined): Application {
  if (hash === undefined) return app;
  const notes = { ...app.metadata.annotations, [annotations.originalSpecHash]: hash };
  return { ...app, metadata: { ...app.metadata, annotations: notes } };
}

const byKey = (policies: readonly Policy[]): Readonly<Record<string, Policy>> =>
  Object.fromEntries(policies.map((policy) => [keyOf(policy), policy]));

/** KubeVela's controller compares the text of these properties, which it stores with sorted keys. */
function withSortedProperties(app: Application): Application {
  const components = app.spec.components.map((component) =>
    component.properties ? { ...component, properties: sorted(component.properties) as JsonObject } : component,
  );
  return { ...app, spec: { ...app.spec, components } };
}

function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item: Json) => sorted(item) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted((value as JsonObject)[key])]));
}

/** The hash of a revision's content; metadata never contributes. */
export const revisionHash = (spec: ApplicationRevisionSpec): string => contentHash(revisionContent(spec));

const kept = (spec: unknown): unknown => (typeof spec === 'object' && spec ? keepCanonicalJson(spec) : spec);

/** What of a revision counts when two are compared. */
export function revisionContent(spec: ApplicationRevisionSpec): object {
  const specs = (map: Readonly<Record<string, KubeObject>> | undefined) =>
    Object.fromEntries(Object.entries(map ?? {}).map(([name, d]) => [name, kept(d['spec'])]));
  return {
    application: spec.application.spec,
    components: specs(spec.componentDefinitions),
    traits: specs(spec.traitDefinitions),
    workflow: spec.workflow?.steps,
    policies: policyContent(spec),
    referred: spec.referredObjects,
  };
}

/** What Policy objects say; undefined where there are none. */
export function policyContent({ policies = {} }: ApplicationRevisionSpec): object | undefined {
  const content = Object.entries(policies).map(([key, { type, properties }]) => [key, { type, properties }] as const);
  return content.length > 0 ? Object.fromEntries(content) : undefined;
}

/** Builds the object that is stored for a revision. */
export function newRevision(app: Application, spec: ApplicationRevisionSpec, number: number): ApplicationRevision {
  const { name = '', namespace = 'default', uid = '' } = app.metadata;
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'ApplicationRevision',
    metadata: {
      name: revisionName(name, number),
      namespace,
      labels: revisionLabels(app, revisionHash(spec)),
      annotations: revisionAnnotations(app),
      ownerReferences: [
        {
          apiVersion: 'core.oam.dev/v1beta1',
          kind: 'Application',
          name,
          uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec,
  };
}

/** All labels of the Application but those of a move, and those by which its revisions are found. */
export function revisionLabels(app: Application, hash: string): Record<string, string> {
  return {
    ...without(app.metadata.labels ?? {}, labels.shardMove),
    [labels.appName]: app.metadata.name ?? '',
    [labels.appUid]: app.metadata.uid ?? '',
    [labels.appRevisionHash]: hash,
  };
}

/** All annotations of the Application but kubectl's copy of it and what the fleet writes. */
export function revisionAnnotations(app: Application): Record<string, string> {
  return without(app.metadata.annotations ?? {}, annotations.kubectlLastApplied, ...fleetKeys);
}

/** `<app>-v<number>`. */
const revisionName = (app: string, number: number): string => `${app}-v${number}`;

/** The number in a revision's name, or 0. */
export function revisionNumber(name: string): number {
  const match = /-v(\d+)$/.exec(name);
  return match ? Number(match[1]) : 0;
}

function bareMetadata({ metadata }: KubeObject): KubeObject['metadata'] {
  const { name, namespace } = metadata;
  const own = without(metadata.labels ?? {}, ...fleetKeys);
  const notes = without(metadata.annotations ?? {}, annotations.kubectlLastApplied, ...fleetKeys);
  return {
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
    ...(Object.keys(own).length > 0 && { labels: own }),
    ...(Object.keys(notes).length > 0 && { annotations: notes }),
  };
}

function bare<T extends KubeObject>(object: T): T {
  return { ...(without(object, 'status') as T), metadata: bareMetadata(object) };
}

const bareAll = <T extends KubeObject>(map: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(map).map(([name, object]) => [name, bare(object)]));

function without<V>(record: Readonly<Record<string, V>>, ...keys: readonly string[]): Record<string, V> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}
