import type { Json, JsonObject, KubeObject } from '../apis/meta.ts';
import { applyJsonPatch } from '../patch/json-patch.ts';
import { isMap } from '../patch/json.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
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

/** Reads what the template of a trait yielded and applies its patches to the objects of the context. */
export function readTraitEffect(yielded: unknown, context: JsonObject): Rendered<TraitEffect> {
  const read = readFields(yielded, traitFields);
  if (!read.ok) return read;
  const problems: string[] = [];
  const outputs = readMap(read.value['outputs'], 'outputs', problems);
  const base = context['output'] as KubeObject | undefined;
  const output = attempt(() => patchWorkload(base, read.value), problems) ?? base;
  const patchedOutputs = patchAuxiliaries(context, read.value['patchOutputs'], problems);
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
  problems: string[],
): Readonly<Record<string, KubeObject>> {
  if (isEmpty(patches)) return {};
  const existing = (context['outputs'] ?? {}) as Fields;
  const entries = Object.entries(patches as Fields).flatMap(([key, patch]) => {
    if (!Object.hasOwn(existing, key)) {
      problems.push(`patchOutputs.${key}: there is no such output`);
      return [];
    }
    return [[key, strategicMerge(existing[key], patch) as KubeObject] as const];
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
