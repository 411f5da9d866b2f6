import type { DefinitionRevision, DefinitionType } from '../../apis/definition-revision.ts';
import type { KubeObject, OwnerReference } from '../../../machinery/src/meta.ts';
import { annotations, labels } from '../../apis/names.ts';
import { contentHash, sameTyped } from '../../revision/hash.ts';

/** A kind of definitions, as its controller needs it. */
export interface DefinitionKind {
  readonly kind: 'ComponentDefinition' | 'TraitDefinition' | 'PolicyDefinition' | 'WorkflowStepDefinition';
  readonly type: DefinitionType;
  /** Label of a revision that names the definition. */
  readonly nameLabel: string;
  readonly snapshot: 'componentDefinition' | 'traitDefinition' | 'policyDefinition' | 'workflowStepDefinition';
  /** First part of the name of the ConfigMap with the schema. */
  readonly schemaPrefix: string;
}

export const definitionKinds: readonly DefinitionKind[] = [
  {
    kind: 'ComponentDefinition',
    type: 'Component',
    nameLabel: labels.componentDefinitionName,
    snapshot: 'componentDefinition',
    schemaPrefix: 'component',
  },
  {
    kind: 'TraitDefinition',
    type: 'Trait',
    nameLabel: labels.traitDefinitionName,
    snapshot: 'traitDefinition',
    schemaPrefix: 'trait',
  },
  {
    kind: 'PolicyDefinition',
    type: 'Policy',
    nameLabel: labels.policyDefinitionName,
    snapshot: 'policyDefinition',
    schemaPrefix: 'policy',
  },
  {
    kind: 'WorkflowStepDefinition',
    type: 'WorkflowStep',
    nameLabel: labels.workflowStepDefinitionName,
    snapshot: 'workflowStepDefinition',
    schemaPrefix: 'workflowstep',
  },
];

export type RevisionDecision =
  | { readonly is: 'kept'; readonly revision: DefinitionRevision }
  | { readonly is: 'new'; readonly revision: DefinitionRevision };

interface Spec {
  readonly version?: string;
}

/**
 * Decides which revision stands for a definition as it is now. A version (`spec.version`) or a name given by annotation
 * names the revision, and one of that name is never changed; otherwise revisions are counted, and a new one is made only
 * when the spec differs from the latest.
 */
export function decideRevision(
  definition: KubeObject,
  kind: DefinitionKind,
  existing: readonly DefinitionRevision[],
): RevisionDecision {
  const { name = '' } = definition.metadata;
  const latest = [...existing].sort((a, b) => b.spec.revision - a.spec.revision)[0];
  const hash = contentHash(definition['spec']);
  const given =
    (definition['spec'] as Spec).version?.replace(/^v/, '') ??
    definition.metadata.annotations?.[annotations.definitionRevisionName];
  const number = (latest?.spec.revision ?? 0) + 1;
  if (given !== undefined && given !== '') {
    const named = existing.find((revision) => revision.metadata.name === `${name}-v${given}`);
    return named
      ? { is: 'kept', revision: named }
      : { is: 'new', revision: build(definition, kind, { name: `${name}-v${given}`, number, hash }) };
  }
  if (latest && sameTyped(snapshotSpec(latest, kind), definition['spec'])) {
    return { is: 'kept', revision: latest };
  }
  return { is: 'new', revision: build(definition, kind, { name: `${name}-v${number}`, number, hash }) };
}

const snapshotSpec = (revision: DefinitionRevision, kind: DefinitionKind): unknown =>
  (revision.spec[kind.snapshot] as KubeObject | undefined)?.['spec'];

/** The revisions beyond the limit, oldest first; never the one in use. */
export function surplusRevisions(
  existing: readonly DefinitionRevision[],
  current: string,
  limit: number,
): DefinitionRevision[] {
  const others = existing
    .filter((revision) => revision.metadata.name !== current)
    .sort((a, b) => a.spec.revision - b.spec.revision);
  return others.slice(0, Math.max(0, others.length - limit));
}

function build(
  definition: KubeObject,
  kind: DefinitionKind,
  at: { readonly name: string; readonly number: number; readonly hash: string },
): DefinitionRevision {
  const { name, namespace, labels: own, annotations: notes } = definition.metadata;
  const kept = Object.fromEntries(
    Object.entries(notes ?? {}).filter(([key]) => key !== annotations.kubectlLastApplied),
  );
  const snapshot = {
    apiVersion: definition.apiVersion,
    kind: definition.kind,
    metadata: {
      name,
      namespace,
      ...(own && { labels: own }),
      ...(Object.keys(kept).length > 0 && { annotations: kept }),
    },
    spec: definition['spec'],
  };
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'DefinitionRevision',
    metadata: {
      name: at.name,
      ...(namespace !== undefined && { namespace }),
      labels: { ...own, [kind.nameLabel]: name ?? '' },
      ownerReferences: [ownerOf(definition)],
    },
    spec: { revision: at.number, revisionHash: at.hash, definitionType: kind.type, [kind.snapshot]: snapshot },
  };
}

/** A definition's revisions and schemas go with it. */
export function ownerOf({ apiVersion, kind, metadata }: KubeObject): OwnerReference {
  return {
    apiVersion,
    kind,
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}
