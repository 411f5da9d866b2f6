import { splitKey } from '../../../machinery/src/meta.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { annotations } from '../../apis/names.ts';

/** Starts with a character that no namespace contains. */
const groupPrefix = '/group/';

/** The key for fair queuing: the namespace of an Application, or its serial group there. */
export function fairnessKeyOf(key: string, application: Pick<KubeObject, 'metadata'> | undefined): string {
  const { namespace = '' } = splitKey(key);
  const group = application?.metadata.annotations?.[annotations.serialGroup] ?? '';
  return group === '' ? namespace : `${groupPrefix}${namespace}/${group}`;
}

/** Whether the Applications with this fairness key are reconciled one at a time. */
export function isSerial(fairnessKey: string): boolean {
  return fairnessKey.startsWith(groupPrefix);
}
