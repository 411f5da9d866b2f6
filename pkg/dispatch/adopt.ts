import type { Json, KubeObject } from '../../machinery/src/meta.ts';
import { annotations } from '../apis/names.ts';
import { adoptFields, hasPredecessor } from '../../machinery/src/patch/adopt.ts';
import { fieldStep, isEmpty, setOfPaths, without } from '../../machinery/src/patch/field-set.ts';
import type { Manager } from '../../machinery/src/patch/managers.ts';
import { fieldManager } from './field-manager.ts';
import { lastAppliedOf } from './last-applied.ts';

/** What this controller itself writes by a merge patch: lists of sharers. */
const patched = setOfPaths([
  ['metadata', 'annotations', annotations.sharedBy],
  ['metadata', 'annotations', annotations.shardFence],
]);

/** Whether a manager that updated an object was a controller that delivered it before: KubeVela's, or one that kept its record. */
function isPredecessor({ manager, set }: Manager): boolean {
  if (manager === fieldManager) return !isEmpty(without(set, patched));
  const notes = set.children.get(fieldStep('metadata'))?.children.get(fieldStep('annotations'));
  return notes?.children.has(fieldStep(annotations.lastAppliedConfiguration)) ?? false;
}

/** Whether a live object has fields that a controller delivered before which did not use server-side apply. */
export const isInherited = (live: KubeObject): boolean => hasPredecessor(live.metadata.managedFields, isPredecessor);

/** The JSON patch that makes inherited fields this controller's; undefined where there are none. */
export function adoptionOf(live: KubeObject): Json | undefined {
  const { managedFields, resourceVersion = '' } = live.metadata;
  const lastApplied = lastAppliedOf(live);
  const adopted = adoptFields(managedFields, {
    manager: fieldManager,
    apiVersion: live.apiVersion,
    isPredecessor,
    lastApplied,
  });
  if (!adopted) return undefined;
  return [
    { op: 'replace', path: '/metadata/managedFields', value: adopted as unknown as Json },
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
  ];
}
