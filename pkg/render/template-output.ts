import type { Json, JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { applyJsonPatch } from '../../machinery/src/patch/json-patch.ts';
import { isMap } from '../../machinery/src/patch/json.ts';
import { applyMergePatch } from '../../machinery/src/patch/merge-patch.ts';
import type { Rendered, TemplateObjects, TraitEffect } from './engine.ts';
import { strategicMerge } from './merge.ts';

type Fields = Readonly<Record<string, unknown>>;

const componentFields = ['output', 'outputs', 'errs'];
const patchFields = ['patch', 'jsonPatch', 'jsonMergePatch'];
const traitFields = [...patchFields, 'patchOutputs', 'outputs', 'errs'];

/** Reads what the template of a component or a policy yielded. */
export function readObjects(yielded: unknown): Rendered<TemplateObjects> {
  const read = readFields(yielded, componentFields);
  if (!read.ok) return read;
  const { output, outputs } = read.value;
  const problems: string[] = [];
  const workload = isEmpty(output) ? undefined : readObject(output, 'output', problems);
  const others = readMap(outputs, 'outputs', problems);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { output: workload, outputs: others } };
}

/** How a template language patches; throws when a patch does not fit. */
export interface Patching {
  /** The workload with all patches of what the template yielded. */
  readonly workload: (base: KubeObject | undefined, yielded: Fields) => KubeObject | undefined;
  /** An auxiliary with what `patchOutputs` holds for its key. */
  readonly auxiliary: (base: unknown, patches: Fields, key: string) => KubeObject;
}

const strategicPatching: Patching = {
  workload: patchWorkload,
  auxiliary: (base, patches, key) => strategicMerge(base, patches[key]) as KubeObject,
};

/** Reads what the template of a trait yielded and applies its patches to the objects of the context. */
export function readTraitEffect(
  yielded: unknown,
  context: JsonObject,
  patching: Patching = strategicPatching,
): Rendered<TraitEffect> {
  const read = readFields(yielded, traitFields);
  if (!read.ok) return read;
  const problems: string[] = [];
  const outputs = readMap(read.value['outputs'], 'outputs', problems);
  const base = context['output'] as KubeObject | undefined;
  const output = attempt(() => patching.workload(base, read.value), problems) ?? base;
  const patchedOutputs = patchAuxiliaries(context, read.value['patchOutputs'], patching, problems);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { output, patchedOutputs, outputs } };
}

function readFields(yielded: unknown, known: readonly string[]): Rendered<Fields> {
  if (isEmpty(yielded)) return { ok: true, value: {} };
  if (!isMap(yielded)) return { ok: false, problems: [`template: the output must hold ${known.join(', ')}`] };
  const unknown = Object.keys(yielded).filter((key) => !known.includes(key));
  if (unknown.length > 0)
    return { ok: false, problems: [`template: unknown ${unknown.join(', ')}; known are ${known.join(', ')}`] };
  const { errs } = yielded;
  if (Array.isArray(errs) && errs.length > 0) return { ok: false, problems: errs.map(String) };
  return { ok: true, value: yielded };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (isMap(value) && Object.keys(value).length === 0);

function readMap(value: unknown, field: string, problems: string[]): Readonly<Record<string, KubeObject>> {
  if (isEmpty(value)) return {};
  if (!isMap(value)) {
    problems.push(`template: ${field} must be an object`);
    return {};
  }
  const entries = Object.entries(value).flatMap(([key, item]) => {
    const object = readObject(item, `${field}.${key}`, problems);
    return object ? [[key, object] as const] : [];
  });
  return Object.fromEntries(entries);
}

function readObject(value: unknown, field: string, problems: string[]): KubeObject | undefined {
  if (!isMap(value)) {
    problems.push(`template: ${field} must be an object`);
    return undefined;
  }
  const missing = ['apiVersion', 'kind'].filter((key) => typeof value[key] !== 'string' || value[key] === '');
  problems.push(...missing.map((key) => `template: ${field}.${key} is missing`));
  if (missing.length > 0) return undefined;
  const { apiVersion, kind, metadata, ...rest } = value;
  return { apiVersion, kind, metadata: isMap(metadata) ? metadata : {}, ...rest } as unknown as KubeObject;
}

function patchWorkload(base: KubeObject | undefined, yielded: Fields): KubeObject | undefined {
  const patches = patchFields.filter((field) => !isEmpty(yielded[field]));
  if (patches.length === 0) return base;
  if (!base) throw new Error('there is no workload to patch');
  return patches.reduce<KubeObject>((object, field) => {
    const patch = yielded[field];
    if (field === 'patch') return strategicMerge(object, patch) as KubeObject;
    const document = object as unknown as Json;
    if (field === 'jsonMergePatch') return applyMergePatch(document, patch as Json) as unknown as KubeObject;
    return applyJsonPatch(document, patch) as unknown as KubeObject;
  }, base);
}

function patchAuxiliaries(
  context: JsonObject,
  patches: unknown,
  patching: Patching,
  problems: string[],
): Readonly<Record<string, KubeObject>> {
  if (isEmpty(patches)) return {};
  const existing = (context['outputs'] ?? {}) as Fields;
  const entries = Object.keys(patches as Fields).flatMap((key) => {
    if (!Object.hasOwn(existing, key)) {
      problems.push(`patchOutputs.${key}: there is no such output`);
      return [];
    }
    const patched = attempt(() => patching.auxiliary(existing[key], patches as Fields, key), problems);
    return patched ? [[key, patched] as const] : [];
  });
  return Object.fromEntries(entries);
}

function attempt<T>(action: () => T, problems: string[]): T | undefined {
  try {
    return action();
  } catch (error) {
    problems.push(`patch: ${(error as Error).message}`);
    return undefined;
  }
}
