import { define, isMap, type JsonMap } from '../../machinery/src/patch/json.ts';

/**
 * How the patch of a trait changes an object: Kubernetes' strategic merge, with the keys of lists known by field name,
 * so that it needs no schema and works inside any kind that embeds a pod.
 */

type Fields = Readonly<Record<string, unknown>>;

/** Fields that identify the elements of a list; the first set of which the element has all fields counts. */
const listKeys: Readonly<Record<string, readonly (readonly string[])[]>> = {
  containers: [['name']],
  initContainers: [['name']],
  ephemeralContainers: [['name']],
  env: [['name']],
  volumes: [['name']],
  volumeMounts: [['mountPath']],
  volumeDevices: [['devicePath']],
  hostAliases: [['ip']],
  imagePullSecrets: [['name']],
  ports: [
    ['containerPort', 'protocol'],
    ['port', 'protocol'],
  ],
  topologySpreadConstraints: [['topologyKey', 'whenUnsatisfiable']],
};

/** Values that Kubernetes assumes, so that a list element that leaves them out still matches. */
const assumed: Readonly<Record<string, string>> = { protocol: 'TCP' };

/**
 * Returns the base with the patch merged in.
 *
 * Objects merge field by field, null removes a field (a list below is left alone instead), other values replace. Lists of containers, env, volumes and their
 * like merge by key, and new elements go to the end; other lists are replaced. `$patch: replace` in an object or as an
 * element of a list replaces, `$patch: delete` in an element removes it.
 */
export function strategicMerge(base: unknown, patch: unknown, field = ''): unknown {
  if (Array.isArray(patch)) return mergeList(Array.isArray(base) ? base : [], patch, field);
  if (!isMap(patch)) return patch;
  const { $patch: directive, ...fields } = patch;
  const result: JsonMap = isMap(base) && directive !== 'replace' ? { ...base } : {};
  for (const [key, value] of Object.entries(fields)) {
    if (value === null && Object.hasOwn(listKeys, key)) continue;
    if (value === null || isDeletion(value)) Reflect.deleteProperty(result, key);
    else define(result, key, strategicMerge(Object.hasOwn(result, key) ? result[key] : undefined, value, key));
  }
  return result;
}

const isReplacement = (item: unknown): boolean =>
  isMap(item) && item['$patch'] === 'replace' && Object.keys(item).length === 1;
const isDeletion = (value: unknown): boolean => isMap(value) && value['$patch'] === 'delete';

function mergeList(base: readonly unknown[], patch: readonly unknown[], field: string): readonly unknown[] {
  const items = patch.filter((item) => !isReplacement(item));
  const isReplacing = items.length < patch.length;
  if (!Object.hasOwn(listKeys, field) || !items.every(isMap)) return items;
  let result: readonly unknown[] = isReplacing ? [] : base;
  for (const item of items) result = mergeItem(result, item, field);
  return result;
}

function mergeItem(list: readonly unknown[], item: Fields, field: string): readonly unknown[] {
  const key = identity(item, field);
  const index = key === undefined ? -1 : list.findIndex((other) => isMap(other) && identity(other, field) === key);
  if (isDeletion(item)) return list.filter((_, i) => i !== index);
  if (index < 0) return [...list, strategicMerge({}, item)];
  return list.map((other, i) => (i === index ? strategicMerge(other, item) : other));
}

function identity(item: Fields, field: string): string | undefined {
  const keys = listKeys[field]?.find(([first]) => first !== undefined && item[first] !== undefined);
  return keys && JSON.stringify(keys.map((key) => item[key] ?? assumed[key]));
}
