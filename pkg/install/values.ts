import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import { suggestion } from '../appfile/suggest.ts';

export type Merged =
  { readonly ok: true; readonly values: JsonObject } | { readonly ok: false; readonly problems: readonly string[] };

/** Below these the defaults are only examples. */
export const open = [
  'resources',
  'affinity',
  'nodeSelector',
  'podAnnotations',
  'podSecurityContext',
  'securityContext',
  'podMonitor.labels',
  'core.metrics.serviceMonitor.additionalLabels',
  'serviceAccount.annotations',
];

/**
 * Lays the given values over the defaults. A key that the defaults do not have, and a value of another type, are
 * problems; numbers, truths and lists are taken for text where text is expected. Null takes a default back.
 */
export function mergeValues(defaults: JsonObject, given: JsonObject): Merged {
  const problems: string[] = [];
  const values = mergeMap(defaults, given, { path: [], problems });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, values };
}

interface Place {
  readonly path: readonly string[];
  readonly problems: string[];
}

function mergeMap(defaults: JsonObject, given: JsonObject, { path, problems }: Place): JsonObject {
  const merged: Record<string, Json | undefined> = { ...defaults };
  for (const [key, value] of Object.entries(given)) {
    const place = { path: [...path, key], problems };
    const fallback = defaults[key];
    const isOpen = open.includes(path.join('.')) || open.some((prefix) => path.join('.').startsWith(`${prefix}.`));
    if (value === null || value === undefined) continue;
    if (fallback === undefined && !isOpen) problems.push(unknownKey(place.path, Object.keys(defaults)));
    else merged[key] = mergeOne(fallback, value, place);
  }
  return merged;
}

function mergeOne(fallback: Json | undefined, value: Json, place: Place): Json {
  if (fallback === undefined || fallback === null) return value;
  if (isMap(fallback)) return isMap(value) ? mergeMap(fallback, value, place) : complain(place, 'a map', fallback);
  if (Array.isArray(fallback)) return Array.isArray(value) ? (value as readonly Json[]) : [value];
  if (typeof fallback === 'string') return isMap(value) ? complain(place, 'text', fallback) : asText(value);
  if (typeof fallback === typeof value) return value;
  return complain(place, typeof fallback === 'number' ? 'a number' : 'true or false', fallback);
}

const isMap = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function asText(value: Json): string {
  if (Array.isArray(value)) return (value as readonly Json[]).map(asText).join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function complain({ path, problems }: Place, expected: string, fallback: Json): Json {
  problems.push(`${path.join('.')}: must be ${expected}`);
  return fallback;
}

function unknownKey(path: readonly string[], known: readonly string[]): string {
  return `${path.join('.')}: is not a value of the installation${suggestion(path.at(-1) ?? '', known)}`;
}
