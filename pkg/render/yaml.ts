import {
  boolYaml11Tag,
  CORE_SCHEMA,
  defineScalarTag,
  dump,
  floatCoreTag,
  intYaml11Tag,
  loadAll,
  mergeTag,
} from 'js-yaml';
import { loadAsGo, resolveInteger, trimAddedNewline } from './go-yaml.ts';

const intTag = defineScalarTag<number>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: intYaml11Tag.implicitFirstChars,
  resolve: resolveInteger,
  identify: intYaml11Tag.identify,
  represent: intYaml11Tag.represent,
});

/** kubectl's dialect: YAML 1.1 booleans, octals and merge keys; dates stay strings. */
const dialect = CORE_SCHEMA.withTags(boolYaml11Tag, intTag, floatCoreTag, mergeTag);

const maxDepth = 100;
const maxNodes = 1_000_000;

/** Gets a sentence for text that YAML forbids and that kubectl accepts all the same. */
export type OnYamlWarning = (warning: string) => void;

/** Reads one document with kubectl's dialect of YAML; `undefined` when the text holds none. Throws on several. */
export function loadYaml(text: string, onWarning?: OnYamlWarning): unknown {
  const documents = loadYamlDocuments(text, onWarning).filter((document) => document !== null);
  if (documents.length > 1) throw new Error(`expected one YAML document, got ${documents.length}`);
  return documents[0];
}

/**
 * Reads every document; empty ones are null. The result is a plain tree of JSON values without shared parts. Duplicate
 * keys and badly indented quoted scalars are accepted as kubectl accepts them, with a warning. Throws on other errors, on
 * numbers that JSON cannot hold, and on aliases that would expand beyond a million values.
 */
export function loadYamlDocuments(text: string, onWarning?: OnYamlWarning): unknown[] {
  const documents = loadDocuments(text, onWarning);
  const budget = { nodes: maxNodes };
  const plainDocuments = documents.map((document) => plain(document, budget, 0));
  trimAddedNewline(text, plainDocuments);
  return plainDocuments;
}

/** The strict parser is asked first: it finds more, and says where. */
function loadDocuments(text: string, onWarning: OnYamlWarning | undefined): unknown[] {
  try {
    return loadAll(text, { schema: dialect, maxDepth });
  } catch (error) {
    const { message } = error as Error;
    if (!/duplicated mapping key|deficient indentation/.test(message)) throw error;
    const documents = loadAsGo(text);
    onWarning?.(message.split('\n', 1)[0] ?? message);
    return documents;
  }
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
