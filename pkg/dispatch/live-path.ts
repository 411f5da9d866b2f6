import type { Json, JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import type { ApplyOnceRule } from '../appfile/resource-policy.ts';
import { selects } from '../appfile/resource-policy.ts';
import { getPath, parsePath, setPath } from '../workflow/path.ts';

/** The paths of an object that apply-once rules leave as they are live, at a moment; `*` is the whole object. */
export function frozenPaths(
  rules: readonly ApplyOnceRule[],
  object: KubeObject,
  moment: 'onUpdate' | 'onStateKeep',
): readonly string[] {
  return rules
    .filter((rule) => selects(rule.selector, object) && affects(rule, moment))
    .flatMap((rule) => rule.strategy?.path ?? []);
}

function affects(rule: ApplyOnceRule, moment: string): boolean {
  const affect = rule.strategy?.affect;
  return !affect || affect === 'always' || affect === moment;
}

/** The wanted object with the live values at some paths; a path that is not there live is left as wanted. */
export function withLivePaths(wanted: KubeObject, live: KubeObject, paths: readonly string[]): KubeObject {
  return paths.reduce<KubeObject>((object, text) => {
    const path = parsePath(text);
    const value = path && getPath(live as unknown as JsonObject, path);
    return path && value !== undefined
      ? (setPath(object as unknown as Json, path, value) as unknown as KubeObject)
      : object;
  }, wanted);
}
