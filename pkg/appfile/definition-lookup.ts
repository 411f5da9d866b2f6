import type { ComponentDefinition } from '../apis/component-definition.ts';
import type { DefinitionRevision } from '../apis/definition-revision.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { annotations, labels } from '../apis/names.ts';
import type { PolicyDefinition } from '../apis/policy-definition.ts';
import type { TraitDefinition } from '../apis/trait-definition.ts';
import type { WorkflowStepDefinition } from '../apis/workflow-step-definition.ts';

/** The definitions by kind, as a lookup returns them. */
export interface DefinitionKinds {
  readonly ComponentDefinition: ComponentDefinition;
  readonly TraitDefinition: TraitDefinition;
  readonly PolicyDefinition: PolicyDefinition;
  readonly WorkflowStepDefinition: WorkflowStepDefinition;
}
export type DefinitionKindName = keyof DefinitionKinds;

/** Where definitions come from; usually informers over all of them. */
export interface DefinitionSource {
  get(kind: DefinitionKindName | 'DefinitionRevision', namespace: string, name: string): KubeObject | undefined;
  /** All of a namespace. */
  list(kind: DefinitionKindName | 'DefinitionRevision', namespace: string): readonly KubeObject[];
}

export interface LookupScope {
  /** Namespaces in the order of search: the Application's, then the system's. */
  readonly namespaces: readonly string[];
  /** Whether a partial version picks the newest that it matches. */
  readonly autoUpdate: boolean;
}

const snapshotField = {
  ComponentDefinition: 'componentDefinition',
  TraitDefinition: 'traitDefinition',
  PolicyDefinition: 'policyDefinition',
  WorkflowStepDefinition: 'workflowStepDefinition',
} as const;

const nameLabel = {
  ComponentDefinition: labels.componentDefinitionName,
  TraitDefinition: labels.traitDefinitionName,
  PolicyDefinition: labels.policyDefinitionName,
  WorkflowStepDefinition: labels.workflowStepDefinitionName,
} as const;

/** Splits `name@v1.2` into name and version. */
export function splitType(type: string): { name: string; version: string | undefined } {
  const at = type.indexOf('@');
  return at < 0 ? { name: type, version: undefined } : { name: type.slice(0, at), version: type.slice(at + 1) };
}

/** Returns the definition that a type names, from the first namespace that has it. */
export function findDefinition<K extends DefinitionKindName>(
  source: DefinitionSource,
  kind: K,
  type: string,
  scope: LookupScope,
): DefinitionKinds[K] | undefined {
  const { name, version } = splitType(type);
  for (const namespace of scope.namespaces) {
    const found =
      version === undefined
        ? source.get(kind, namespace, name)
        : findVersion(source, kind, { namespace, name, version: version.replace(/^v/, '') }, scope.autoUpdate);
    if (found) return found as DefinitionKinds[K];
  }
  return undefined;
}

function findVersion(
  source: DefinitionSource,
  kind: DefinitionKindName,
  wanted: { readonly namespace: string; readonly name: string; readonly version: string },
  autoUpdate: boolean,
): KubeObject | undefined {
  const { namespace, name, version } = wanted;
  const exact = source.get('DefinitionRevision', namespace, `${name}-v${version}`);
  if (exact) return snapshotOf(exact as DefinitionRevision, kind);
  if (!autoUpdate) return undefined;
  const prefix = `${name}-v${version}.`;
  const matching = source
    .list('DefinitionRevision', namespace)
    .filter((r) => r.metadata.labels?.[nameLabel[kind]] === name && r.metadata.name?.startsWith(prefix));
  const newest = matching.sort((a, b) => compareVersions(b.metadata.name ?? '', a.metadata.name ?? ''))[0];
  return newest && snapshotOf(newest as DefinitionRevision, kind);
}

const snapshotOf = (revision: DefinitionRevision, kind: DefinitionKindName): KubeObject | undefined =>
  revision.spec[snapshotField[kind]];

function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** The scope in which the types of an object are searched. */
export function lookupScope(object: KubeObject, systemNamespace: string): LookupScope {
  const own = object.metadata.namespace ?? 'default';
  return {
    namespaces: own === systemNamespace ? [own] : [own, systemNamespace],
    autoUpdate: object.metadata.annotations?.[annotations.autoUpdate] === 'true',
  };
}

/** The names of all definitions of a kind that a scope sees. */
export function knownTypes(source: DefinitionSource, kind: DefinitionKindName, scope: LookupScope): string[] {
  return scope.namespaces.flatMap((ns) => source.list(kind, ns).map((d) => d.metadata.name ?? ''));
}
