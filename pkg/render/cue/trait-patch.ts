import type { Json, JsonObject, KubeObject } from '../../../machinery/src/meta.ts';
import { applyJsonPatch } from '../../../machinery/src/patch/json-patch.ts';
import { isMap } from '../../../machinery/src/patch/json.ts';
import { applyMergePatch } from '../../../machinery/src/patch/merge-patch.ts';
import type { Rendered, TraitEffect } from '../engine.ts';
import type { Patching } from '../template-output.ts';
import { readTraitEffect } from '../template-output.ts';
import type { PatchMark } from './patch-marks.ts';
import { isMark, markPrefix } from './patch-marks.ts';
import { unify, withoutMarks } from './unify.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Reads the fields that the template of a trait yields, with marks in its patches, and patches the objects of the context with it. */
export function readMarkedEffect(yielded: Fields, context: JsonObject): Rendered<TraitEffect> {
  const { outputs, patchOutputs = {} } = yielded;
  const patching: Patching = {
    workload: (base) => {
      if (yielded['patch'] === undefined) return base;
      if (!base) throw new Error('there is no workload to patch');
      return patched(base, yielded, 'patch');
    },
    auxiliary: (base, _, key) => patched(base, patchOutputs as Fields, key),
  };
  const plain = Object.fromEntries(Object.entries({ ...yielded, outputs: withoutMarks(outputs) }).filter(isPlain));
  const auxiliaries = isMap(patchOutputs) ? Object.fromEntries(Object.entries(patchOutputs).filter(isPlain)) : {};
  return readTraitEffect({ ...plain, patchOutputs: auxiliaries }, context, patching);
}

const isPlain = ([field]: readonly [string, unknown]): boolean => !isMark(field);

function patched(base: unknown, fields: Fields, name: string): KubeObject {
  const patch = fields[name];
  const { patchStrategy } = (fields[markPrefix + name] ?? {}) as PatchMark;
  const document = base as Json;
  if (patchStrategy === 'jsonMergePatch')
    return applyMergePatch(document, withoutMarks(patch) as Json) as unknown as KubeObject;
  if (patchStrategy === 'jsonPatch')
    return applyJsonPatch(document, isMap(patch) ? withoutMarks(patch['operations']) : []) as unknown as KubeObject;
  return unify(base, patch) as KubeObject;
}
