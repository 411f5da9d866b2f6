import {
  CORE_SCHEMA,
  boolYaml11Tag,
  defineScalarTag,
  dump,
  floatCoreTag,
  intCoreTag,
  intYaml11Tag,
  loadAll,
  mergeTag,
  NOT_RESOLVED,
} from 'js-yaml';

/** Whole numbers as kubectl reads them: 0644 is octal, 1_000 and 0b11 are numbers, 12:30 is a string. */
const intTag = defineScalarTag<number>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: intYaml11Tag.implicitFirstChars,
  resolve: (source, isExplicit, tagName) => {
    if (source.includes(':')) return NOT_RESOLVED;
    if (/^[-+]?0o/.test(source)) return intCoreTag.resolve(source, isExplicit, tagName);
    return intYaml11Tag.resolve(source, isExplicit, tagName);
  },
  identify: intYaml11Tag.identify,
  represent: intYaml11Tag.represent,
});

/** kubectl's dialect: YAML 1.1 booleans, octals and merge keys; dates stay strings. */
const dialect = CORE_SCHEMA.withTags(boolYaml11Tag, intTag, floatCoreTag, mergeTag);

const maxDepth = 100;
const maxNodes = 1_000_000;

/** Reads one document with kubectl's dialect of YAML; `undefined` when the text holds none. Throws on several. */
export function loadYaml(text: string): unknown {
  const documents = loadYamlDocuments(text).filter((document) => document !== null);
  if (documents.length > 1) throw new Error(`expected one YAML document, got ${documents.length}`);
  return documents[0];
}

/**
 * Reads every document; empty ones are null. What comes back is a plain tree of JSON values without shared parts.
 * Throws on duplicate keys, on numbers that JSON cannot hold, and on aliases that would expand beyond a million values.
 */
export function loadYamlDocuments(text: string): unknown[] {
  const documents = loadAll(text, { schema: dialect, maxDepth });
  const budget = { nodes: maxNodes };
  return documents.map((document) => plain(document, budget, 0));
}

function plain(value: unknown, budget: { nodes: number }, depth: number): unknown {
  if (--budget.nodes < 0 || depth > maxDepth) throw new Error('YAML expands to too many values');
  if (Array.isArray(value)) return value.map((item) => plain(item, budget, depth + 1));
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error(`JSON has no number ${value}`);
    return value;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, budget, depth + 1)]));
}

/** Writes a value so that readers of YAML 1.1 and 1.2 get the same value back. Ends in a newline. */
export function dumpYaml(value: unknown): string {
  return dump(value, { noRefs: true, lineWidth: -1, skipInvalid: true });
}
