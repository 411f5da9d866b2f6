import { RE2JS } from 're2js';
import type { BuiltinContext, BuiltinPackage, Data } from './api.ts';
import { BuiltinError } from './api.ts';
import { fail, fn as define, int, string } from './define.ts';
import { matchSteps } from './match-steps.ts';
import { compareText } from './text.ts';

/** A function of a pattern and a text, charged for the matching. */
const fn: typeof define = (params, result, call) =>
  define(params, result, (args, context) => {
    const [pattern, s] = args as readonly unknown[];
    if (typeof pattern === 'string' && typeof s === 'string') context.step(matchSteps(s, pattern));
    return call(args, context);
  });

export const regexpPackage: BuiltinPackage = {
  path: 'regexp',
  functions: {
    Find: fn([string, string], 'string', ([pattern, s]) => first(pattern, s)?.groups[0] ?? noMatch()),
    FindAll: fn([string, string, int], 'list', ([pattern, s, n]) =>
      whole(all(pattern, s, Number(n)).map((match) => match.groups[0] ?? '')),
    ),
    FindAllNamedSubmatch: fn([string, string, int], 'list', ([pattern, s, n]) =>
      whole(all(pattern, s, Number(n)).map((match) => named(pattern, match))),
    ),
    FindAllSubmatch: fn([string, string, int], 'list', ([pattern, s, n]) =>
      whole(all(pattern, s, Number(n)).map((match) => match.groups)),
    ),
    FindNamedSubmatch: fn([string, string], 'struct', ([pattern, s]) => {
      const match = first(pattern, s);
      return match === undefined ? noMatch() : named(pattern, match);
    }),
    FindSubmatch: fn([string, string], 'list', ([pattern, s]) => first(pattern, s)?.groups ?? noMatch()),
    ReplaceAll: fn([string, string, string], 'string', ([pattern, s, template], context) => {
      return replace(pattern, s, context, (match) => expand(template, match, namesOf(pattern)));
    }),
    ReplaceAllLiteral: fn([string, string, string], 'string', ([pattern, s, by], context) => {
      return replace(pattern, s, context, () => by);
    }),
    Valid: fn([string], 'bool', ([pattern]) => compile(pattern) instanceof RE2JS),
    Match: fn([string, string], 'bool', ([pattern, s]) => compile(pattern).matcher(s).find()),
    QuoteMeta: fn([string], 'string', ([s]) => quoteMeta(s)),
  },
};

interface Match {
  readonly start: number;
  readonly end: number;
  /** The whole match, then the groups; a group that took no part is empty. */
  readonly groups: readonly string[];
}

const MAX_CACHED = 256;
const compiled = new Map<string, RE2JS>();

/** Patterns are in the syntax of RE2; matching takes linear time. */
export function compile(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(pattern);
  } catch (error) {
    throw new BuiltinError(error instanceof Error ? error.message : String(error));
  }
  if (compiled.size >= MAX_CACHED) compiled.clear();
  compiled.set(pattern, expression);
  return expression;
}

function noMatch(): BuiltinError {
  return fail('no match');
}

function whole(found: readonly Data[]): readonly Data[] | BuiltinError {
  return found.length === 0 ? noMatch() : found;
}

function* matches(pattern: string, s: string): Generator<Match> {
  const matcher = compile(pattern).matcher(s);
  let from = 0;
  let previousEnd = -1;
  while (from <= s.length && matcher.find(from)) {
    const start = matcher.start();
    const end = matcher.end();
    // an empty match right after another one does not count
    if (start !== end || start !== previousEnd) {
      const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, i) => matcher.group(i) ?? '');
      yield { start, end, groups };
      previousEnd = end;
    }
    from = end > start ? end : end + ((s.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
  }
}

function first(pattern: string, s: string): Match | undefined {
  for (const match of matches(pattern, s)) return match;
  return undefined;
}

/** At most n matches, all when n is negative. */
function all(pattern: string, s: string, n: number): Match[] {
  const found: Match[] = [];
  for (const match of matches(pattern, s)) {
    if (n >= 0 && found.length >= n) break;
    found.push(match);
  }
  return found;
}

function namesOf(pattern: string): ReadonlyMap<string, number> {
  return new Map(Object.entries(compile(pattern).namedGroups()));
}

function named(pattern: string, match: Match): Data {
  const names = Array.from(namesOf(pattern)).toSorted(([a], [b]) => compareText(a, b));
  return new Map(names.map(([name, index]): [string, Data] => [name, match.groups[index] ?? '']));
}

/** What a part of a text that is put together holds beside its characters. */
const PART_BYTES = 32;

function replace(pattern: string, s: string, context: BuiltinContext, by: (match: Match) => string): string {
  let result = '';
  let from = 0;
  for (const match of matches(pattern, s)) {
    const added = s.slice(from, match.start) + by(match);
    context.bytes(PART_BYTES + added.length);
    result += added;
    from = match.end;
  }
  return result + s.slice(from);
}

/** Replaces `$1`, `$name`, `${name}` and `$$`; a name is as long as possible. */
function expand(template: string, match: Match, names: ReadonlyMap<string, number>): string {
  let result = '';
  let at = 0;
  while (at < template.length) {
    const dollar = template.indexOf('$', at);
    if (dollar < 0) break;
    result += template.slice(at, dollar);
    const reference = referenceAt(template, dollar + 1);
    if (reference === undefined) {
      result += '$';
      at = template.charAt(dollar + 1) === '$' ? dollar + 2 : dollar + 1;
    } else {
      result += groupText(reference.name, match, names);
      at = reference.end;
    }
  }
  return result + template.slice(at);
}

interface Reference {
  readonly name: string;
  readonly end: number;
}

function referenceAt(template: string, from: number): Reference | undefined {
  const isBraced = template.charAt(from) === '{';
  let at = isBraced ? from + 1 : from;
  const begin = at;
  for (;;) {
    const c = template.slice(at, at + ((template.codePointAt(at) ?? 0) > 0xffff ? 2 : 1));
    if (c === '' || !/^[\p{L}\p{Nd}_]$/u.test(c)) break;
    at += c.length;
  }
  if (at === begin || (isBraced && template.charAt(at) !== '}')) return undefined;
  return { name: template.slice(begin, at), end: isBraced ? at + 1 : at };
}

function groupText(name: string, match: Match, names: ReadonlyMap<string, number>): string {
  const isNumber = /^[0-9]+$/.test(name) && !(name.length > 1 && name.startsWith('0'));
  const index = isNumber ? Number(name) : names.get(name);
  return index === undefined ? '' : (match.groups[index] ?? '');
}

const META = new Set('\\.+*?()|[]{}^$');

function quoteMeta(s: string): string {
  return Array.from(s, (c) => (META.has(c) ? `\\${c}` : c)).join('');
}
