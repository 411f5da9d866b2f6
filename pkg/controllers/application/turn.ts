import { splitKey } from '../../apis/meta.ts';
import type { KubeObject } from '../../apis/meta.ts';
import { annotations } from '../../apis/names.ts';

/** Begins with a sign that no namespace has. */
const groupPrefix = '/group/';

/** Whose turn an Application takes in the queue: its namespace's, or that of its serial group there. */
export function turnOf(key: string, application: Pick<KubeObject, 'metadata'> | undefined): string {
  const { namespace = '' } = splitKey(key);
  const group = application?.metadata.annotations?.[annotations.serialGroup] ?? '';
  return group === '' ? namespace : `${groupPrefix}${namespace}/${group}`;
}

/** Whether of those who take this turn one is in work at a time. */
export function isSerial(turn: string): boolean {
  return turn.startsWith(groupPrefix);
}
