import type { Json, JsonObject } from '../../pkg/apis/meta.ts';
import { usageFailure } from './failure.ts';

type Tree = { [key: string]: Tree | Json };

/**
 * Reads `a.b=c` pairs as Helm's --set does: `true`, `false`, `null` and whole numbers are typed, `{x,y}` is a list,
 * a quoted value is text, `\.` in a key is a dot. Throws a usage failure that quotes the pair.
 */
export function parsePairs(pairs: readonly string[]): JsonObject {
  const tree: Tree = {};
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals <= 0) throw usageFailure(`"${pair}" is not of the form key=value`);
    const path = pair
      .slice(0, equals)
      .split(/(?<!\\)\./)
      .map((key) => key.replaceAll('\\.', '.'));
    if (path.some((key) => key === '' || key === '__proto__')) throw usageFailure(`"${pair}" has an unusable key`);
    put(tree, path, parseValue(pair.slice(equals + 1)), pair);
  }
  return tree as JsonObject;
}

function put(tree: Tree, path: readonly string[], value: Json, pair: string): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const inner = (tree[key] ??= {});
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner))
    throw usageFailure(`"${pair}" goes through ${key}, which is a plain value`);
  put(inner as Tree, rest, value, pair);
}

function parseValue(text: string): Json {
  const list = /^\{(.*)\}$/s.exec(text);
  if (list) return list[1] === '' ? [] : (list[1] ?? '').split(',').map((item) => parseValue(item.trim()));
  const quoted = /^(["'])(.*)\1$/s.exec(text);
  if (quoted) return quoted[2] ?? '';
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  return /^-?(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}
