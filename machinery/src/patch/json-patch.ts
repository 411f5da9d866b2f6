import type { Json } from '../meta.ts';
import { deepEqual } from './equality.ts';
import { deepCopy, define, isMap, type JsonMap } from './json.ts';
import { PatchError } from './patch-error.ts';

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from: string | undefined;
  readonly value: unknown;
  readonly hasValue: boolean;
}

/**
 * Applies a JSON patch (RFC 6902) the way Kubernetes does: `replace` of a missing key of an object sets it, a negative
 * index counts from the end, a missing value equals null in `test`. The document is not changed.
 *
 * Throws MalformedPatch when `operations` is no list of operations, NotApplicable when one of them fails.
 */
export function applyJsonPatch(document: Json, operations: unknown): Json {
  if (operations === null) return document;
  if (!Array.isArray(operations)) {
    const cause = `json: cannot unmarshal ${goType(operations)} into Go value of type []handlers.jsonPatchOp`;
    throw new PatchError('MalformedPatch', `error decoding patch: ${cause}`);
  }
  const root = { document: deepCopy(document) as unknown };
  for (const operation of operations.map(decode)) apply(root, operation);
  return root.document as Json;
}

/** The type of a JSON value as Go names it. */
function goType(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function decode(raw: unknown): Operation {
  if (!isMap(raw)) {
    const cause = `json: cannot unmarshal ${goType(raw)} into Go value of type handlers.jsonPatchOp`;
    throw new PatchError('MalformedPatch', `error decoding patch: ${cause}`);
  }
  const { op, path, from } = raw;
  if (typeof op !== 'string') throw new PatchError('NotApplicable', 'unexpected kind: missing op');
  if (typeof path !== 'string') throw new PatchError('NotApplicable', `${op} operation missing path field`);
  if (from !== undefined && typeof from !== 'string')
    throw new PatchError('NotApplicable', `${op} operation: from is no string`);
  return { op, path, from, value: raw['value'], hasValue: Object.hasOwn(raw, 'value') };
}

function apply(root: { document: unknown }, operation: Operation): void {
  const { op, path } = operation;
  switch (op) {
    case 'add':
      add(root, path, valueOf(operation));
      return;
    case 'replace':
      replace(root, path, valueOf(operation));
      return;
    case 'remove':
      remove(root, path, op);
      return;
    case 'move': {
      const value = get(root, fromOf(operation), op);
      remove(root, fromOf(operation), op);
      add(root, path, value);
      return;
    }
    case 'copy': {
      // a missing key of an object is copied as null
      const from = fromOf(operation);
      const isKey = isMap(locate(root, from)?.container);
      add(root, path, deepCopy(isKey ? (peek(root, from) ?? null) : get(root, from, op)));
      return;
    }
    case 'test':
      if (!deepEqual(peek(root, path) ?? null, operation.value ?? null))
        throw new PatchError('NotApplicable', `testing value ${path} failed: test failed`);
      return;
    default:
      throw new PatchError('NotApplicable', `unexpected kind: ${op}`);
  }
}

function valueOf(operation: Operation): unknown {
  return operation.hasValue ? deepCopy(operation.value) : null;
}

function fromOf(operation: Operation): string {
  if (operation.from === undefined)
    throw new PatchError('NotApplicable', `${operation.op} operation missing from field`);
  return operation.from;
}

function segments(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

type Container = JsonMap | unknown[];

/** The container that the last segment of a path points into; undefined when there is none. */
function locate(root: { document: unknown }, path: string): { container: Container; key: string } | undefined {
  const parts = segments(path);
  const key = parts.pop();
  if (key === undefined) return undefined;
  let current: unknown = root.document;
  for (const part of parts) current = child(current, part);
  return Array.isArray(current) || isMap(current) ? { container: current, key } : undefined;
}

function child(container: unknown, key: string): unknown {
  if (Array.isArray(container)) return container[index(key, container.length) ?? -1];
  return isMap(container) && Object.hasOwn(container, key) ? container[key] : undefined;
}

function index(key: string, length: number): number | undefined {
  if (!/^(0|-?[1-9]\d*)$/.test(key)) return undefined;
  const at = Number(key);
  return at < 0 ? at + length : at;
}

function missing(op: string, path: string): PatchError {
  return new PatchError('NotApplicable', `${op} operation does not apply: doc is missing path: ${path}: missing value`);
}

function outOfRange(op: string, path: string): PatchError {
  return new PatchError('NotApplicable', `${op} operation does not apply: invalid index in path ${path}`);
}

function add(root: { document: unknown }, path: string, value: unknown): void {
  const at = locate(root, path);
  if (!at) throw missing('add', path);
  if (!Array.isArray(at.container)) {
    define(at.container, at.key, value);
    return;
  }
  if (at.key === '-') {
    at.container.push(value);
    return;
  }
  // A negative index inserts behind the element that it names when counted from the end of the longer list.
  const i = index(at.key, at.container.length + 1);
  if (i === undefined || i < 0 || i > at.container.length) throw outOfRange('add', path);
  at.container.splice(i, 0, value);
}

function replace(root: { document: unknown }, path: string, value: unknown): void {
  if (path === '') {
    root.document = value;
    return;
  }
  const at = locate(root, path);
  if (!at) throw missing('replace', path);
  if (!Array.isArray(at.container)) {
    define(at.container, at.key, value);
    return;
  }
  const i = index(at.key, at.container.length);
  if (i === undefined || i < 0 || i >= at.container.length) throw outOfRange('replace', path);
  at.container[i] = value;
}

function remove(root: { document: unknown }, path: string, op: string): void {
  const at = locate(root, path);
  if (!at) throw missing(op, path);
  if (!Array.isArray(at.container)) {
    if (!Object.hasOwn(at.container, at.key))
      throw new PatchError(
        'NotApplicable',
        `${op} operation does not apply: unable to remove nonexistent key: ${at.key}: missing value`,
      );
    Reflect.deleteProperty(at.container, at.key);
    return;
  }
  const i = index(at.key, at.container.length);
  if (i === undefined || i < 0 || i >= at.container.length) throw outOfRange(op, path);
  at.container.splice(i, 1);
}

function get(root: { document: unknown }, path: string, op: string): unknown {
  const value = peek(root, path);
  if (value === undefined) throw missing(op, path);
  return value;
}

function peek(root: { document: unknown }, path: string): unknown {
  return path === '' ? root.document : segments(path).reduce<unknown>(child, root.document);
}
