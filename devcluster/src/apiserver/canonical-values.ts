import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { formatQuantity, parseQuantity } from '../text/quantity.ts';

const quantityForm = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Fields with microseconds; all other times have seconds. The schemas do not distinguish them. */
const precise = new Set(['acquireTime', 'renewTime', 'eventTime', 'lastObservedTime']);

/**
 * Writes quantities and times below an object of a built-in kind in their canonical form, in place.
 * Answers with the texts of values that cannot be read: quantities, times, base64.
 */
export function canonicalValues(value: unknown, schema: Schema | undefined): string[] {
  const problems: string[] = [];
  walk(value, schema, problems);
  return problems;
}

function walk(value: unknown, schema: Schema | undefined, problems: string[]): void {
  if (schema === undefined || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) walk(item, schema.items, problems);
    return;
  }
  const map = value as Record<string, unknown>;
  for (const key of Object.keys(map)) {
    const below = propertyOf(schema, key);
    const inner = map[key];
    if (below === undefined || inner === null) continue;
    if (typeof inner === 'object') walk(inner, below, problems);
    else if (typeof inner === 'string' || typeof inner === 'number') {
      const answer = scalar(key, inner, below);
      if (typeof answer === 'object') problems.push(answer.problem);
      else if (answer !== inner) map[key] = answer;
    }
  }
}

function propertyOf(schema: Schema, key: string): Schema | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

type Answer = string | number | { readonly problem: string };

function scalar(key: string, value: string | number, schema: Schema): Answer {
  if (isQuantity(schema)) {
    const quantity = parseQuantity(value);
    return quantity === undefined ? { problem: quantityForm } : formatQuantity(quantity);
  }
  if (typeof value !== 'string') return value;
  switch (schema.format) {
    case 'byte':
      return base64(value);
    case 'date-time':
      return time(key, value);
    default:
      return value;
  }
}

/** The schema of resource.Quantity: a text or a number, and no integer-or-string. */
function isQuantity({ oneOf = [], format }: Schema): boolean {
  return format === undefined && oneOf.length === 2 && oneOf[0]?.type === 'string' && oneOf[1]?.type === 'number';
}

function base64(text: string): Answer {
  const bare = text.replace(/[\r\n]/g, '');
  const wrong = /[^A-Za-z0-9+/=]/.exec(bare);
  const isWhole = bare.length % 4 === 0 && /^[^=]*={0,2}$/.test(bare);
  if (wrong === null && isWhole) return text;
  return { problem: `illegal base64 data at input byte ${wrong?.index ?? Math.max(0, bare.length - 1)}` };
}

const timeForm = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.(\d+))?(?:[Zz]|[+-]\d\d:\d\d)$/;

function time(key: string, text: string): Answer {
  const match = timeForm.exec(text);
  const ms = match === null ? Number.NaN : Date.parse(text);
  if (Number.isNaN(ms)) {
    return { problem: `parsing time "${text}" as "2006-01-02T15:04:05Z07:00": cannot parse "${text}" as "2006"` };
  }
  const seconds = new Date(ms).toISOString().slice(0, 19);
  if (!precise.has(key)) return `${seconds}Z`;
  if (match?.[1]?.length !== 6) {
    const rest = text.slice(19);
    const form = '2006-01-02T15:04:05.000000Z07:00';
    return { problem: `parsing time "${text}" as "${form}": cannot parse "${rest}" as ".000000"` };
  }
  return `${seconds}.${match[1].slice(0, 6).padEnd(6, '0')}Z`;
}
