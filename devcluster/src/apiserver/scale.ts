import type { KubeObject } from '../../../machinery/src/meta.ts';
import { deepCopy } from '../../../machinery/src/patch/json.ts';
import { selectorText } from '../text/selector-text.ts';
import type { MutableObject } from '../contract/strategy.ts';
import { badRequest, internalError, invalid, notFound } from '../contract/errors.ts';
import type { ScalePaths, ServedResource } from './served-resource.ts';

const builtinPaths: ScalePaths = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.status.selector',
};

export function pathsOf(resource: ServedResource): ScalePaths {
  if (resource.custom === undefined) return builtinPaths;
  if (resource.custom.scale === undefined) throw notFound(resource, '');
  return resource.custom.scale;
}

export const stepsOf = (path: string): string[] => path.split('.').filter((step) => step !== '');

function valueAt(object: unknown, path: string): unknown {
  let value: unknown = object;
  for (const step of stepsOf(path)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** The Scale of an object. Throws InternalError when a custom object does not say how many replicas it wants. */
export function scaleOf(resource: ServedResource, object: KubeObject): KubeObject {
  const paths = pathsOf(resource);
  const wanted = valueAt(object, paths.specReplicasPath);
  if (wanted === undefined && resource.custom !== undefined) {
    throw internalError(`the spec replicas field "${paths.specReplicasPath}" does not exist`);
  }
  const replicas = typeof wanted === 'number' ? wanted : 0;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = selectorOf(resource, object, paths);
  const present = valueAt(object, paths.statusReplicasPath);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: JSON.parse(
      JSON.stringify({ name, namespace, uid, resourceVersion, creationTimestamp }),
    ) as KubeObject['metadata'],
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: typeof present === 'number' ? present : 0, ...(selector === '' ? {} : { selector }) },
  };
}

function selectorOf(resource: ServedResource, object: KubeObject, paths: ScalePaths): string {
  if (resource.custom === undefined) return selectorText(valueAt(object, '.spec.selector'));
  const text = paths.labelSelectorPath === undefined ? undefined : valueAt(object, paths.labelSelectorPath);
  return typeof text === 'string' ? text : '';
}

/** The object with as many replicas as a Scale wants. */
export function scaledTo(resource: ServedResource, live: KubeObject, scale: unknown): MutableObject {
  const paths = pathsOf(resource);
  const { metadata, spec } = checkedScale(live, scale);
  const replicas = spec?.['replicas'] ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas)) {
    throw badRequest('Scale in version "v1" cannot be handled as a Scale: spec.replicas must be an integer');
  }
  if (replicas < 0) throw negative(resource, live.metadata.name ?? '', replicas, paths);
  const object = deepCopy(live) as unknown as MutableObject;
  const version = metadata?.['resourceVersion'];
  if (version !== undefined) object.metadata['resourceVersion'] = version;
  const uid = metadata?.['uid'];
  if (uid !== undefined && uid !== null && uid !== '') object.metadata['uid'] = uid;
  let at: Record<string, unknown> = object;
  const steps = stepsOf(paths.specReplicasPath);
  const last = steps.pop() ?? 'replicas';
  for (const step of steps) at = at[step] as Record<string, unknown>;
  at[last] = replicas;
  return object;
}

function negative(resource: ServedResource, name: string, replicas: number, paths: ScalePaths): Error {
  const isCustom = resource.custom !== undefined;
  const text = isCustom ? 'should be a non-negative integer' : 'must be greater than or equal to 0';
  const kind = isCustom ? resource : { group: 'autoscaling', kind: 'Scale' };
  const field = isCustom ? paths.specReplicasPath : 'spec.replicas';
  return invalid(kind, name, [{ reason: 'FieldValueInvalid', field, message: `Invalid value: ${replicas}: ${text}` }]);
}

interface ScaleParts {
  readonly metadata: Record<string, unknown> | undefined;
  readonly spec: Record<string, unknown> | undefined;
}

function checkedScale(live: KubeObject, scale: unknown): ScaleParts {
  if (typeof scale !== 'object' || scale === null || Array.isArray(scale))
    throw badRequest('a Scale must be an object');
  const {
    metadata,
    spec,
    kind = 'Scale',
  } = scale as { kind?: unknown } & Partial<Record<'metadata' | 'spec', Record<string, unknown>>>;
  if (kind !== 'Scale') throw badRequest(`a Scale is expected here, not a ${String(kind)}`);
  const given = metadata?.['name'];
  if (given === undefined || given === '') {
    const name = live.metadata.name ?? '';
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  if (given !== live.metadata.name) {
    throw badRequest(
      `the name of the object (${given as string}) does not match the name on the URL (${live.metadata.name ?? ''})`,
    );
  }
  return { metadata, spec };
}
