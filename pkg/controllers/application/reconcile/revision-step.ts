import { ignoreNotFound } from '../../../apis/api-error.ts';
import type { ApplicationRevision, ApplicationRevisionSpec } from '../../../apis/application-revision.ts';
import { applicationRevisionResource } from '../../../apis/application-revision.ts';
import type { Application } from '../../../apis/application.ts';
import { fenced } from '../../../apis/fence.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { withoutManagedFields } from '../../../../machinery/src/managed-fields.ts';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { annotations, labels } from '../../../apis/names.ts';
import { fieldManager } from '../../../dispatch/field-manager.ts';
import {
  newRevision,
  revisionAnnotations,
  revisionHash,
  revisionLabels,
  revisionNumber,
} from '../../../revision/content.ts';
import { decideRevision, publishVersionOf } from '../../../revision/decide.ts';
import type { CompressionType } from '../../../revision/compression.ts';
import { sameContent } from '../../../revision/hash.ts';
import { sharedRevision } from '../../../revision/shared.ts';
import { expandedRevision, storedRevision } from '../../../revision/stored.ts';
import type { Family } from '../family/family.ts';

export interface CurrentRevision {
  readonly revision: ApplicationRevision;
  /** Metadata of all revisions of the Application, oldest first. */
  readonly revisions: readonly KubeObject[];
}

interface RevisionWork {
  readonly client: KubeClient;
  readonly app: Application;
  readonly family: Family;
  readonly spec: ApplicationRevisionSpec;
  /** Written on what is written. */
  readonly fence: string | undefined;
  /** How a revision is stored that is not compressed yet. */
  readonly compression: CompressionType;
  readonly signal: AbortSignal;
}

/** The revision that an unchanged publish version holds an Application to. */
export async function pinnedRevision(
  work: Omit<RevisionWork, 'spec' | 'fence' | 'compression'>,
): Promise<ApplicationRevision | undefined> {
  const version = publishVersionOf(work.app);
  if (version === '') return undefined;
  const latest = await readRevision(latestName(work.app, work.family), work);
  return publishVersionOf(latest) === version ? latest : undefined;
}

/** The latest revision of an Application; undefined before the first. */
export const latestRevision = (
  work: Omit<RevisionWork, 'spec' | 'fence' | 'compression'>,
): Promise<ApplicationRevision | undefined> => readRevision(latestName(work.app, work.family), work);

/** Finds or writes the revision of an Application's present content. */
export async function ensureRevision(work: RevisionWork): Promise<CurrentRevision> {
  const { app, family, spec } = work;
  const read = await readRevision(latestName(app, family), work);
  const latest = read === family.revision ? read : read && sharedRevision(read, spec);
  const hash = revisionHash(spec);
  const names = family.revisions
    .filter((r) => r.metadata.labels?.[labels.appRevisionHash] === hash && r.metadata.name !== latest?.metadata.name)
    .map((r) => r.metadata.name ?? '');
  const candidates = (await Promise.all(names.map((name) => readRevision(name, work)))).filter((r) => r !== undefined);
  const decision = decideRevision({ app, spec, latest, candidates });
  return carryOut(decision, work);
}

async function carryOut(decision: ReturnType<typeof decideRevision>, work: RevisionWork): Promise<CurrentRevision> {
  const { revisions } = work.family;
  switch (decision.kind) {
    case 'pinned':
    case 'older':
      return { revision: await mirror(decision.revision, decision.revision.spec, work), revisions };
    case 'same':
      return { revision: await mirror(decision.revision, decision.spec, work), revisions };
    case 'new':
      return create(decision.spec, work);
  }
}

function latestName(app: Application, family: Family): string | undefined {
  const names = family.revisions.map((r) => r.metadata.name ?? '');
  const recorded = app.status?.latestRevision?.name;
  // Without a record, or with one of a revision that is gone, the newest that exists is the latest.
  return recorded !== undefined && names.includes(recorded) ? recorded : names.at(-1);
}

async function readRevision(
  name: string | undefined,
  work: Omit<RevisionWork, 'spec' | 'fence' | 'compression'>,
): Promise<ApplicationRevision | undefined> {
  if (name === undefined) return undefined;
  const { family, client, app, signal } = work;
  if (family.revision?.metadata.name === name) return family.revision;
  const target = { name, namespace: app.metadata.namespace };
  const stored = await ignoreNotFound(client.get<ApplicationRevision>(applicationRevisionResource, target, { signal }));
  return stored && expandedRevision(withoutManagedFields(stored));
}

async function create(
  spec: ApplicationRevisionSpec,
  { app, family, client, fence, compression, signal }: RevisionWork,
): Promise<CurrentRevision> {
  const last = Math.max(
    app.status?.latestRevision?.revision ?? 0,
    ...family.revisions.map((r) => revisionNumber(r.metadata.name ?? '')),
  );
  const revision = fenced(newRevision(app, spec, last + 1), fence);
  const stored = storedRevision(revision, compression);
  const created = await client.create(applicationRevisionResource, stored, { fieldManager, signal });
  const { apiVersion, kind, metadata } = withoutManagedFields(created);
  const held = sharedRevision(expandedRevision({ ...created, metadata }), spec);
  return { revision: held, revisions: [...family.revisions, { apiVersion, kind, metadata }] };
}

/** Writes an existing revision only where its content, labels or annotations differ from what they should be. */
async function mirror(
  revision: ApplicationRevision,
  spec: ApplicationRevisionSpec,
  { app, client, fence, compression, signal }: RevisionWork,
): Promise<ApplicationRevision> {
  const { metadata } = revision;
  const isSameSpec = sameContent(revision.spec, spec);
  const wantedLabels = revisionLabels(app, isSameSpec ? hashOn(revision) : revisionHash(spec));
  const wantedAnnotations = revisionAnnotations(app);
  if (
    isSameSpec &&
    sameContent({ ...metadata.labels, [labels.appUid]: undefined }, { ...wantedLabels, [labels.appUid]: undefined }) &&
    sameContent({ ...metadata.annotations, [annotations.shardFence]: undefined }, wantedAnnotations)
  ) {
    return revision;
  }
  const changed = {
    ...revision,
    spec,
    metadata: { ...metadata, labels: wantedLabels, annotations: wantedAnnotations },
  };
  const stored = storedRevision(fenced(changed, fence), compression);
  const written = await client.update(applicationRevisionResource, stored, { fieldManager, signal });
  return sharedRevision(expandedRevision(withoutManagedFields(written)), spec);
}

/** The hash in a revision's label; that of another controller, computed in another way, is as good as any. */
const hashOn = ({ metadata, spec }: ApplicationRevision): string =>
  metadata.labels?.[labels.appRevisionHash] ?? revisionHash(spec);
