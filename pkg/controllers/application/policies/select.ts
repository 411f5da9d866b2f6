import type { ApplicationRevisionSpec } from '../../../apis/application-revision.ts';
import type { Application } from '../../../apis/application.ts';
import type { DefinitionRevision } from '../../../apis/definition-revision.ts';
import { annotations, labels } from '../../../apis/names.ts';
import type { PolicyDefinition } from '../../../apis/policy-definition.ts';
import type { DefinitionSource, LookupScope } from '../../../appfile/definition-lookup.ts';
import { findDefinition, lookupScope, splitType } from '../../../appfile/definition-lookup.ts';
import type { NamedPolicy } from '../../../appfile/parse.ts';
import { namedPolicies } from '../../../appfile/parse.ts';

/** The feature gates of policies that change Applications. */
export interface PolicyGates {
  /** EnableApplicationScopedPolicies: such policies are executed at all. */
  readonly applicationScoped: boolean;
  /** EnableGlobalPolicies: those that are marked as global apply to every Application. */
  readonly global: boolean;
}

/** The DefinitionRevision that a policy is rendered from. */
export interface PolicyVersion {
  readonly definitionRevisionName: string;
  readonly revision: number;
  readonly revisionHash: string;
}

/** A policy with the definition that says how it changes an Application. */
export interface PolicyToRender {
  readonly policy: NamedPolicy;
  readonly definition: PolicyDefinition;
  readonly source: 'global' | 'explicit';
  readonly priority: number;
  readonly version: PolicyVersion;
  /** The key of the version in an ApplicationRevision. */
  readonly versionKey: string;
}

/** What policies are selected from. */
export interface PolicySelection {
  readonly app: Application;
  readonly definitions: DefinitionSource;
  readonly systemNamespace: string;
  readonly gates: PolicyGates;
  /** The revision that gives the definitions while the Application is unchanged. */
  readonly stored: ApplicationRevisionSpec | undefined;
}

/** Whether a policy of a definition changes the Application, instead of yielding objects. */
export const changesApplication = ({ spec }: PolicyDefinition): boolean => (spec.scope ?? '') !== '';

const noVersion: PolicyVersion = { definitionRevisionName: '', revision: 0, revisionHash: '' };

/** The policies that change an Application, in the order in which they do, and those that must not be named in it. */
export function selectPolicies(selection: PolicySelection): {
  readonly policies: readonly PolicyToRender[];
  readonly problems: readonly string[];
} {
  const { app, gates } = selection;
  const scope = lookupScope(app, selection.systemNamespace);
  const pinned = selection.stored?.policyDefinitions ?? {};
  const stored = Object.keys(pinned).length > 0 ? pinned : undefined;
  const explicit = namedPolicies(app.spec.policies ?? []).flatMap((policy) => {
    const current = findDefinition(selection.definitions, 'PolicyDefinition', policy.type, scope);
    const definition = stored?.[policy.type] ?? current;
    return definition && changesApplication(definition) ? [{ policy, definition, current }] : [];
  });
  const problems = explicit.flatMap(({ policy, current }) =>
    current?.spec.global
      ? [`policy "${policy.name}": type "${policy.type}" is global and applies by itself; remove it from spec.policies`]
      : [],
  );
  const isGlobal = gates.global && app.metadata.annotations?.[annotations.skipGlobalPolicies] !== 'true';
  const global = isGlobal ? globalDefinitions(selection, scope, stored) : [];
  const versionOf = (definition: PolicyDefinition, type: string, key: string): PolicyVersion =>
    (stored && selection.stored?.policyVersions?.[key]) ?? currentVersion(selection.definitions, definition, type);
  return {
    problems,
    policies: [
      ...global.map((definition): PolicyToRender => {
        const { name = '' } = definition.metadata;
        const versionKey = `global:${name}`;
        return {
          policy: { name, type: name },
          definition,
          source: 'global',
          priority: definition.spec.priority ?? 0,
          version: versionOf(definition, name, versionKey),
          versionKey,
        };
      }),
      ...explicit.map(({ policy, definition }): PolicyToRender => ({
        policy,
        definition,
        source: 'explicit',
        priority: 0,
        version: versionOf(definition, policy.type, policy.name),
        versionKey: policy.name,
      })),
    ].sort(byPriority),
  };
}

/** A lower priority goes first; at the same priority global policies by name, then the others as the Application lists them. */
function byPriority(a: PolicyToRender, b: PolicyToRender): number {
  if (a.priority !== b.priority) return a.priority - b.priority;
  if (a.source !== b.source) return a.source === 'global' ? -1 : 1;
  return a.source === 'global' ? compareText(a.policy.name, b.policy.name) : 0;
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** One of the namespace of the Application hides one of the same name in the system's. */
function globalDefinitions(
  { definitions }: PolicySelection,
  { namespaces }: LookupScope,
  stored: Readonly<Record<string, PolicyDefinition>> | undefined,
): readonly PolicyDefinition[] {
  const isGlobal = (definition: PolicyDefinition): boolean =>
    definition.spec.global === true && changesApplication(definition);
  if (stored) return Object.values(stored).filter(isGlobal);
  const found = new Map<string, PolicyDefinition>();
  for (const namespace of namespaces) {
    for (const definition of definitions.list('PolicyDefinition', namespace) as readonly PolicyDefinition[]) {
      const { name = '' } = definition.metadata;
      if (isGlobal(definition) && !found.has(name)) found.set(name, definition);
    }
  }
  return [...found.values()];
}

function currentVersion(source: DefinitionSource, definition: PolicyDefinition, type: string): PolicyVersion {
  const { name = '', namespace = '' } = definition.metadata;
  const { version } = splitType(type);
  if (version !== undefined) return versionFrom(source, namespace, `${name}-v${version.replace(/^v/, '')}`);
  const latest = definition.status?.latestRevision;
  if (latest) {
    return {
      definitionRevisionName: latest.name,
      revision: latest.revision,
      revisionHash: latest.revisionHash ?? '',
    };
  }
  const revisions = source.list('DefinitionRevision', namespace) as readonly DefinitionRevision[];
  const own = revisions.filter(({ metadata }) => metadata.labels?.[labels.policyDefinitionName] === name);
  const newest = [...own].sort((a, b) => b.spec.revision - a.spec.revision)[0];
  return newest ? versionOf(newest) : noVersion;
}

function versionFrom(source: DefinitionSource, namespace: string, name: string): PolicyVersion {
  const revision = source.get('DefinitionRevision', namespace, name) as DefinitionRevision | undefined;
  return revision ? versionOf(revision) : noVersion;
}

const versionOf = ({ metadata, spec }: DefinitionRevision): PolicyVersion => ({
  definitionRevisionName: metadata.name ?? '',
  revision: spec.revision,
  revisionHash: spec.revisionHash,
});
