import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import { open } from './values.ts';

/** Lays values over others, as Helm does: maps are merged, lists and texts replaced, null takes a value back. */
export function layValues(base: JsonObject, given: JsonObject): JsonObject {
  const result: Record<string, Json | undefined> = { ...base };
  for (const [key, value] of Object.entries(given)) {
    const before = result[key];
    if (value === null) Reflect.deleteProperty(result, key);
    else if (isMap(value)) result[key] = layValues(isMap(before) ? before : {}, value);
    else result[key] = value;
  }
  return result;
}

/** The values that the installation knows, and the paths of the others, such as those of a chart of KubeVela's. */
export function knownValues(
  values: JsonObject,
  defaults: JsonObject,
  path: readonly string[] = [],
): { readonly known: JsonObject; readonly unknown: readonly string[] } {
  const unknown: string[] = [];
  const known: Record<string, Json | undefined> = {};
  for (const [key, value] of Object.entries(values)) {
    const fallback = defaults[key];
    const place = [...path, key].join('.');
    if (fallback === undefined) unknown.push(place);
    else if (isMap(value) && isMap(fallback) && !open.includes(place)) {
      const inner = knownValues(value, fallback, [...path, key]);
      unknown.push(...inner.unknown);
      known[key] = inner.known;
    } else known[key] = value;
  }
  return { known: known, unknown };
}

/**
 * Values without those that name the program of another chart, and the paths of these. A chart is another one where its default
 * image is: the image of KubeVela's controller, perhaps from a mirror, is not Flotilla's.
 */
export function withoutImageOf(
  chart: JsonObject | undefined,
  values: JsonObject,
  defaults: JsonObject,
): { readonly known: JsonObject; readonly unknown: readonly string[] } {
  const other = repositoryOf(chart);
  if (other === undefined || other === repositoryOf(defaults)) return { known: values, unknown: [] };
  const { image, imageRegistry, ...rest } = values;
  const { repository, tag, ...imageRest } = isMap(image) ? image : {};
  const dropped = { 'image.repository': repository, 'image.tag': tag, imageRegistry };
  const known = isMap(image) ? { ...rest, image: imageRest } : rest;
  const unknown = Object.entries(dropped).flatMap(([path, value]) => (value === undefined ? [] : [path]));
  return { known, unknown };
}

function repositoryOf(values: JsonObject | undefined): Json | undefined {
  const image = values?.['image'];
  return isMap(image) ? image['repository'] : undefined;
}

const isMap = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
