import type { Application } from '../../apis/application.ts';
import { annotations } from '../../apis/names.ts';
import { deepEqual } from '../../../machinery/src/patch/equality.ts';
import type { AdmissionRequest } from '../../webhook/admission-review.ts';

export interface IdentityOptions {
  /** The controller itself; its writes do not change the author. */
  readonly self: string;
  readonly withUser: boolean;
  /** Which groups of an author count; `*` stands for anything, the whole name must match. */
  readonly groupPatterns: readonly string[];
}

export type Identity =
  | { readonly ok: true; readonly annotations?: Readonly<Record<string, string | undefined>> }
  | { readonly ok: false; readonly problem: string };

/**
 * The annotations that record the author of an Application, so that it acts with no more rights than that author.
 * Updates that leave the spec alone, such as a label set by a tool, keep the author of before.
 */
export function identityOf(
  app: Application,
  request: AdmissionRequest,
  options: IdentityOptions | undefined,
): Identity {
  const { userInfo, oldObject } = request;
  if (!options || userInfo.username === options.self) return { ok: true };
  if (app.metadata.annotations?.[annotations.serviceAccountName] !== undefined)
    return {
      ok: false,
      problem: `metadata.annotations: ${annotations.serviceAccountName} is forbidden while authentication is on; remove it`,
    };
  const author = isSameSpec(oldObject as Application | undefined, app)
    ? pickAuthor(oldObject as Application)
    : authorOf(userInfo, options);
  return { ok: true, annotations: author };
}

function authorOf(
  { username, groups }: AdmissionRequest['userInfo'],
  options: IdentityOptions,
): Record<string, string | undefined> {
  const patterns = options.groupPatterns.map(patternOf);
  const counting = groups.filter((group) => !group.includes(',') && patterns.some((pattern) => pattern.test(group)));
  return {
    [annotations.username]: options.withUser ? username : undefined,
    [annotations.group]: counting.length > 0 ? counting.join(',') : undefined,
  };
}

function pickAuthor(app: Application): Record<string, string | undefined> {
  return {
    [annotations.username]: app.metadata.annotations?.[annotations.username],
    [annotations.group]: app.metadata.annotations?.[annotations.group],
  };
}

const isSameSpec = (before: Application | undefined, now: Application): boolean =>
  before !== undefined && deepEqual(before.spec, now.spec);

function patternOf(pattern: string): RegExp {
  const source = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`);
}
