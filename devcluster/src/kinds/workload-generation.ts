import type { KubeObject } from '../../../machinery/src/meta.ts';
import { sameJson } from '../contract/json.ts';

/** Whether anything but metadata and status differs: what bumps the generation of most kinds. */
export function changed(object: KubeObject, old: KubeObject): boolean {
  const rest = (o: KubeObject) =>
    Object.fromEntries(Object.entries(o).filter(([key]) => key !== 'metadata' && key !== 'status'));
  return !sameJson(rest(object), rest(old));
}
