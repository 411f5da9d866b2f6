// YAML as CUE reads it: the `yaml` package parses, the meaning of scalars is CUE's.
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, visit } from 'yaml';
import type { Alias, Document, Node, ParsedNode, Scalar, YAMLMap } from 'yaml';
import type { BuiltinContext, Data } from './api.ts';
import { BuiltinError } from './api.ts';
import { bytesOfBase64 } from './base64.ts';
import { parseDecimal } from '../number/decimal.ts';
import { numberOf, unifyData } from './json-text.ts';
import { jsonString } from './json-write.ts';
import { toInt } from './numbers.ts';
import { tagOf } from './yaml-resolve.ts';

const CORE_TAG = 'tag:yaml.org,2002:';

/** The documents of a stream. A text without any has none. */
export function readYaml(source: string, context: BuiltinContext): Data[] {
  context.bytes(source.length);
  const documents = parseAllDocuments(source, {
    schema: 'failsafe',
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  if (!Array.isArray(documents) || documents.length === 0) return [];
  return documents.map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new BuiltinError(`yaml: ${error.message}`);
    return new Reader(anchorsOf(document), context).read(document.contents);
  });
}

/** What each alias stands for: the last node before it that has its anchor. */
function anchorsOf(document: Document.Parsed): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if ('anchor' in node && typeof node.anchor === 'string') anchors.set(node.anchor, node);
    },
  });
  return targets;
}

class Reader {
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #context: BuiltinContext;
  /** Aliases that are being read: one inside of itself has no value. */
  readonly #open = new Set<unknown>();

  constructor(targets: ReadonlyMap<Alias, Node>, context: BuiltinContext) {
    this.#targets = targets;
    this.#context = context;
  }

  read(node: ParsedNode | null): Data {
    this.#context.step(1);
    if (node === null) return null;
    if (isAlias(node)) return this.#resolve(node);
    if (isMap(node)) {
      checkTag(node.tag, 'map');
      const fields = new Map<string, Data>();
      this.#readFields(node, fields);
      return fields;
    }
    if (isSeq(node)) {
      checkTag(node.tag, 'seq');
      return node.items.map((item) => this.read(item));
    }
    return isScalar(node) ? readScalar(node) : null;
  }

  #resolve(alias: ParsedNode): Data {
    const target = isAlias(alias) ? this.#targets.get(alias) : undefined;
    if (target === undefined) throw new BuiltinError('yaml: unknown anchor');
    if (this.#open.has(target)) throw new BuiltinError('yaml: anchor value contains itself');
    this.#open.add(target);
    const value = this.read(target as ParsedNode);
    this.#open.delete(target);
    return value;
  }

  /** After a merge key, a field replaces the one that is there; without, both are unified. */
  #readFields(map: YAMLMap.Parsed, fields: Map<string, Data>, isMerged = false): void {
    let replaces = isMerged;
    for (const { key, value } of map.items) {
      if (isMergeKey(key)) {
        replaces = true;
        this.#merge(value, fields);
        continue;
      }
      const name = this.#label(key);
      const data = this.read(value);
      const present = fields.get(name);
      fields.set(name, present === undefined || replaces ? data : unifyData(present, data));
    }
  }

  #merge(node: ParsedNode | null, fields: Map<string, Data>): void {
    this.#context.step(1);
    const target = isAlias(node) ? this.#targets.get(node) : node;
    if (isMap(target)) this.#readFields(target as YAMLMap.Parsed, fields, true);
    else if (isSeq(target)) {
      for (const item of target.items.toReversed()) this.#merge(item as ParsedNode, fields);
    } else throw new BuiltinError('yaml: map merge requires map or sequence of maps as the value');
  }

  #label(key: ParsedNode | null): string {
    const target = isAlias(key) ? this.#targets.get(key) : key;
    if (target === null || target === undefined) return 'null';
    if (!isScalar(target)) throw new BuiltinError('yaml: invalid map key');
    const value = readScalar(target);
    if (typeof value === 'string') return value;
    // a label is the text of the CUE literal
    if (value === null || typeof value === 'boolean') return String(value);
    if (value instanceof Uint8Array) throw new BuiltinError('yaml: invalid map key');
    return labelOfNumber(sourceOf(target));
  }
}

/** The value of a scalar without its tag: what the document says. */
function sourceOf(node: Scalar): string {
  return typeof node.value === 'string' ? node.value : '';
}

function labelOfNumber(source: string): string {
  const isOctal = source.length > 1 && source.startsWith('0') && source.charAt(1) <= '9' && source.charAt(1) >= '0';
  if (source.startsWith('-')) throw new BuiltinError(`yaml: invalid label ${source}`);
  return isOctal ? `0o${source.slice(1)}` : source;
}

function isMergeKey(key: unknown): boolean {
  if (!isScalar(key) || key.value !== '<<') return false;
  return key.tag === undefined || key.tag === '!' || key.tag === `${CORE_TAG}merge` || key.tag === `${CORE_TAG}str`
    ? key.type === 'PLAIN'
    : false;
}

function checkTag(tag: string | undefined, expected: string): void {
  if (tag === undefined || tag === '!' || tag === CORE_TAG + expected) return;
  if (!tag.startsWith(CORE_TAG)) return;
  throw new BuiltinError(`yaml: cannot unmarshal tag "!!${tag.slice(CORE_TAG.length)}"`);
}

function readScalar(node: Scalar): Data {
  const source = sourceOf(node);
  const implicit = node.type === 'PLAIN' ? tagOf(source) : 'str';
  const explicit = node.tag;
  if (explicit === undefined || (explicit === `${CORE_TAG}str` && node.type === 'PLAIN' && !isTagged(node))) {
    return implicitScalar(source, implicit);
  }
  if (explicit === '!') return source;
  if (!explicit.startsWith(CORE_TAG)) throw new BuiltinError(`yaml: cannot unmarshal tag ${jsonString(explicit)}`);
  return explicitScalar(source, explicit.slice(CORE_TAG.length));
}

function isTagged(node: Scalar): boolean {
  return node.tag !== undefined;
}

function implicitScalar(source: string, tag: ReturnType<typeof tagOf>): Data {
  switch (tag) {
    case 'null':
      return null;
    case 'bool':
      return source.toLowerCase() === 'true';
    case 'int':
      return readInt(source);
    case 'float':
      return isOctalText(source) ? source : readFloat(source);
    case 'merge':
      throw new BuiltinError('yaml: cannot unmarshal tag "!!merge"');
    case 'str':
    case 'timestamp':
      return source;
  }
}

function explicitScalar(source: string, tag: string): Data {
  switch (tag) {
    case 'str':
    case 'timestamp':
      return source;
    case 'binary':
      return bytesOfBase64(source.split('\n').join('')) ?? fail(source, tag);
    case 'bool':
      return tagOf(source) === 'bool' ? source.toLowerCase() === 'true' : fail(source, tag);
    case 'null':
      return tagOf(source) === 'null' ? null : fail(source, tag);
    case 'int':
      return tagOf(source) === 'int' ? readInt(source) : fail(source, tag);
    case 'float':
      return tagOf(source) === 'float' || tagOf(source) === 'int' ? readFloat(source) : fail(source, tag);
    default:
      throw new BuiltinError(`yaml: cannot unmarshal tag "!!${tag}"`);
  }
}

function fail(source: string, tag: string): never {
  throw new BuiltinError(`yaml: cannot decode ${jsonString(source)} as a !!${tag}`);
}

function isOctalText(source: string): boolean {
  return /^[-+]?0[0-9_]+$/.test(source);
}

/** What YAML takes for an integer and CUE does not is an error. */
function readInt(source: string): Data {
  const isNegative = source.startsWith('-');
  let digits = isNegative || source.startsWith('+') ? source.slice(1) : source;
  const isOctal = digits.length > 1 && digits.startsWith('0') && digits.charAt(1) >= '0' && digits.charAt(1) <= '9';
  if (isOctal) digits = `0o${digits.slice(1)}`;
  if (!/^(0b[01]+|0o[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9][0-9]*)$/.test(digits.split('_').join(''))) fail(source, 'int');
  if (/__|^_|_$/.test(digits)) fail(source, 'int');
  const value = BigInt(digits.split('_').join('').toLowerCase());
  return toInt(isNegative ? -value : value);
}

function readFloat(source: string): Data {
  const plain = source.split('_').join('');
  const parsed = parseDecimal(plain);
  if (parsed === undefined) fail(source, 'float');
  const isWhole = !plain.includes('.') && !plain.includes('e') && !plain.includes('E');
  return isWhole ? numberOf(plain) : parsed;
}
