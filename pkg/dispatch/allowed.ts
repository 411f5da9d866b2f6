import type { KubeObject } from '../../machinery/src/meta.ts';
import { parseApiVersion } from '../../machinery/src/meta.ts';
import { DispatchError } from './dispatch-error.ts';
import { describe } from './manifest.ts';

/** What Applications may deliver at all. */
export interface Restrictions {
  readonly allowCrossNamespace: boolean;
  /** `whitelist:A,B`, `blacklist:A,B` or empty; entries are Kind.version[.group]. */
  readonly allowResourceTypes: string;
}

/** Throws when an object may not be delivered by an Application of the given namespace. */
export function checkAllowed(object: KubeObject, namespace: string, restrictions: Restrictions): void {
  const target = object.metadata.namespace;
  if (!restrictions.allowCrossNamespace && target !== undefined && target !== namespace) {
    throw new DispatchError(
      'NotAllowed',
      `${describe(object)} is outside of the application's namespace ${namespace}, which this installation forbids`,
    );
  }
  const [mode, list] = restrictions.allowResourceTypes.split(':');
  if (!mode || list === undefined) return;
  const { group, version } = parseApiVersion(object.apiVersion);
  const type = [object.kind, version, ...(group ? [group] : [])].join('.');
  const listed = list.split(',').some((entry) => entry.trim() === type);
  if (listed === (mode === 'whitelist')) return;
  throw new DispatchError('NotAllowed', `${describe(object)} has type ${type}, which this installation forbids`);
}
