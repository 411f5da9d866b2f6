import type { Environment } from '@marcbachmann/cel-js';
import { timeText } from './format.ts';
import { patternOf, type Pattern } from '../text/pattern.ts';

/**
 * Functions of the library that behave otherwise than Kubernetes' and cannot be replaced: `matches` has the regular
 * expressions of JavaScript, the others change letters beyond ASCII. A call of one becomes a call of a function of our
 * own with a name as long, so that the places of faults stay.
 */
const ownNames: Readonly<Record<string, string>> = {
  matches: 're2test',
  lowerAscii: 'lowerASCII',
  upperAscii: 'upperASCII',
};
const call = /(\.\s*)(matches|lowerAscii|upperAscii)(?=\s*\()/g;
const literals = /[rb]*("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/g;

/** The functions in the place of the library's, and others that take patterns. */
export function registerOwnFunctions(environment: Environment): void {
  environment
    .registerFunction('string.lowerASCII(): string', (text: string) =>
      text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()),
    )
    .registerFunction('string.upperASCII(): string', (text: string) =>
      text.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase()),
    )
    .registerFunction('int(uint): int', (value: { valueOf(): bigint }) => value.valueOf())
    .registerFunction('int(google.protobuf.Timestamp): int', (time: Date) => BigInt(Math.floor(time.getTime() / 1000)))
    .registerFunction('string(google.protobuf.Timestamp): string', timeText)
    .registerFunction('string(google.protobuf.Duration): string', String)
    .registerFunction('matches(string, string): bool', (text: string, source: string) => compile(source).test(text))
    .registerFunction('string.re2test(string): bool', (text: string, source: string) => compile(source).test(text))
    .registerFunction(
      'string.find(string): string',
      (text: string, source: string) => compile(source).first(text) ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', (text: string, source: string) =>
      compile(source).all(text),
    )
    .registerFunction('string.findAll(string, int): list<string>', (text: string, source: string, limit: bigint) =>
      compile(source).all(text, Number(limit)),
    );
}

function compile(source: string): Pattern {
  const pattern = patternOf(source);
  if (pattern === undefined) throw new Error(`error parsing regexp: ${JSON.stringify(source)}`);
  return pattern;
}

/** Where a call of `matches` has a literal pattern that cannot be compiled; undefined where none has. */
export function badPatternAt(expression: string): number | undefined {
  for (const { 0: literal, 1: quoted = '', index } of expression.matchAll(literals)) {
    const isPattern = /\.\s*matches\s*\(\s*$/.test(expression.slice(0, index));
    if (!isPattern || literal !== quoted || quoted.includes('\\')) continue;
    const marks = /^(["'])\1\1/.test(quoted) ? 3 : 1;
    if (patternOf(quoted.slice(marks, -marks)) === undefined) return index;
  }
  return undefined;
}

/** Calls our own functions where an expression calls the library's; what is inside texts stays. */
export function withOwnFunctions(expression: string): string {
  if (expression.search(call) === -1) return expression;
  const rewrite = (part: string) =>
    part.replaceAll(call, (_, dot: string, name: string) => `${dot}${ownNames[name] ?? name}`);
  let rewritten = '';
  let end = 0;
  for (const { 0: literal, index } of expression.matchAll(literals)) {
    rewritten += rewrite(expression.slice(end, index)) + literal;
    end = index + literal.length;
  }
  return rewritten + rewrite(expression.slice(end));
}
