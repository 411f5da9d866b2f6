import { RE2JS } from 're2js';

/** A pattern in RE2's syntax; it takes a time linear in the text, whatever the pattern. */
export interface Pattern {
  /** Whether it matches some part of a text. */
  test(text: string): boolean;
  /** The first part that matches. */
  first(text: string): string | undefined;
  /** All parts that match, one after another; at most `limit`, if it is not negative. */
  all(text: string, limit?: number): string[];
}

const compiled = new Map<string, Pattern | undefined>();
const limit = 2000;

/** A pattern; undefined where its syntax is wrong. */
export function patternOf(source: string): Pattern | undefined {
  if (!compiled.has(source)) {
    if (compiled.size >= limit) compiled.clear();
    compiled.set(source, compile(source));
  }
  return compiled.get(source);
}

function compile(source: string): Pattern | undefined {
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(source);
  } catch {
    return undefined;
  }
  return {
    test: (text) => expression.matcher(text).find(),
    first: (text) => matches(expression, text, 1)[0],
    all: (text, most = -1) => matches(expression, text, most),
  };
}

/** An empty match right behind another match does not count. */
function matches(expression: RE2JS, text: string, most: number): string[] {
  const matcher = expression.matcher(text);
  const found: string[] = [];
  let from = 0;
  let previousEnd = -1;
  while ((most < 0 || found.length < most) && from <= text.length && matcher.find(from)) {
    const [start, end] = [matcher.start(), matcher.end()];
    if (start !== end || start !== previousEnd) found.push(text.slice(start, end));
    previousEnd = end;
    from = end > start ? end : end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1);
  }
  return found;
}
