import type { ApplicationRevision, ApplicationRevisionSpec } from '../apis/application-revision.ts';
import type { Application } from '../apis/application.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { annotations } from '../apis/names.ts';
import { policyContent, revisionContent, revisionHash } from './content.ts';
import { sameTyped } from './hash.ts';

/** What the revision of an Application is going to be. */
export type RevisionDecision =
  /** The publish version is unchanged: the Application is executed from that revision, whatever its spec says now. */
  | { readonly kind: 'pinned'; readonly revision: ApplicationRevision }
  /** The latest revision still holds; `spec` is what it should contain. */
  | { readonly kind: 'same'; readonly revision: ApplicationRevision; readonly spec: ApplicationRevisionSpec }
  /** An older revision has the same content and becomes the current one. */
  | { readonly kind: 'older'; readonly revision: ApplicationRevision }
  | { readonly kind: 'new'; readonly spec: ApplicationRevisionSpec };

export interface RevisionQuestion {
  readonly app: Application;
  /** What a new revision would contain. */
  readonly spec: ApplicationRevisionSpec;
  readonly latest: ApplicationRevision | undefined;
  /** Older revisions with the hash of `spec` in their label. */
  readonly candidates: readonly ApplicationRevision[];
}

export const publishVersionOf = (object: KubeObject | undefined): string =>
  object?.metadata.annotations?.[annotations.publishVersion] ?? '';

/** Decides whether an Application needs a new revision. */
export function decideRevision({ app, spec, latest, candidates }: RevisionQuestion): RevisionDecision {
  const publishVersion = publishVersionOf(app);
  const samePublishVersion = latest !== undefined && publishVersionOf(latest) === publishVersion;
  if (latest && samePublishVersion && publishVersion !== '') return { kind: 'pinned', revision: latest };
  if (latest && samePublishVersion && isSame(app, spec, latest)) {
    return { kind: 'same', revision: latest, spec: refreshed(latest.spec, spec) };
  }
  const older = candidates.find((r) => publishVersionOf(r) === publishVersion && sameRevision(r.spec, spec));
  return older ? { kind: 'older', revision: older } : { kind: 'new', spec };
}

function isSame(app: Application, spec: ApplicationRevisionSpec, latest: ApplicationRevision): boolean {
  const sameSpec =
    sameTyped(latest.spec.application.spec, spec.application.spec) &&
    sameTyped(latest.spec.workflow?.steps, spec.workflow?.steps) &&
    sameTyped(policyContent(latest.spec), policyContent(spec));
  if (!sameSpec || app.metadata.annotations?.[annotations.autoUpdate] === undefined) return sameSpec;
  return sameRevision(latest.spec, spec);
}

/** What another controller stored has fields that say nothing; the hash takes them for content. */
function sameRevision(a: ApplicationRevisionSpec, b: ApplicationRevisionSpec): boolean {
  return revisionHash(a) === revisionHash(b) || sameTyped(revisionContent(a), revisionContent(b));
}

/** Traits follow their definitions; components keep the definitions that they were delivered with. */
function refreshed(stored: ApplicationRevisionSpec, current: ApplicationRevisionSpec): ApplicationRevisionSpec {
  const { traitDefinitions, workflowStepDefinitions } = current;
  return {
    ...stored,
    ...((stored.traitDefinitions ?? hasAny(traitDefinitions)) && {
      traitDefinitions: followed(stored.traitDefinitions, traitDefinitions),
    }),
    ...((stored.workflowStepDefinitions ?? hasAny(workflowStepDefinitions)) && {
      workflowStepDefinitions: followed(stored.workflowStepDefinitions, workflowStepDefinitions),
    }),
  };
}

const hasAny = (definitions: object = {}): boolean => Object.keys(definitions).length > 0;

/** The current definitions; those of which only the metadata differs stay as they are stored. */
function followed<T extends KubeObject>(
  stored: Readonly<Record<string, T>> = {},
  current: Readonly<Record<string, T>> = {},
): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(current).map(([name, definition]) => {
      const before = stored[name];
      return [name, before && sameTyped(before['spec'], definition['spec']) ? before : definition];
    }),
  );
}
