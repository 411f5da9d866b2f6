import { labelValueProblems, qualifiedName } from '../kinds/syntax.ts';
import type { LabelPair } from '../storage/collection.ts';
import { badRequest } from './errors.ts';

export type Labels = Readonly<Record<string, string>>;
/** Whether labels are selected. */
export interface LabelTest {
  (labels: Labels): boolean;
  /** What is selected has these, beside whatever else is asked for. */
  readonly pairs: readonly LabelPair[];
}

/** undefined stands for everything. */
export type LabelMatcher = LabelTest | undefined;

interface Requirement {
  readonly key: string;
  readonly operator: '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';
  readonly values: readonly string[];
}

const empty: Labels = Object.freeze({});
export const labelsOf = (object: { readonly metadata: { readonly labels?: Labels } }): Labels =>
  object.metadata.labels ?? empty;

/** The matcher of a label selector in its text form. Throws BadRequest when the text is none. */
export function parseLabelSelector(text: string | undefined): LabelMatcher {
  if (text === undefined || text.trim() === '') return undefined;
  const requirements = parseRequirements(text);
  const pairs = requirements.flatMap(({ key, operator, values: [value = ''] }) =>
    operator === '=' ? [{ key, value }] : [],
  );
  const test = (labels: Labels): boolean => requirements.every((requirement) => holds(requirement, labels));
  return Object.assign(test, { pairs });
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const has = Object.hasOwn(labels, key);
  const value = labels[key] ?? '';
  switch (operator) {
    case 'exists':
      return has;
    case '!':
      return !has;
    case '=':
    case 'in':
      return has && values.includes(value);
    case '!=':
    case 'notin':
      return !has || !values.includes(value);
    case 'gt':
      return has && Number(value) > Number(values[0]);
    case 'lt':
      return has && Number(value) < Number(values[0]);
  }
}

const token = /\s*(?:(==|=|!=|!|>|<|\(|\)|,)|([^\s=!<>(),]+))/y;

class Tokens {
  readonly #tokens: string[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    token.lastIndex = 0;
    const end = text.trimEnd().length;
    while (token.lastIndex < end) {
      const match = token.exec(text);
      if (match === null) throw this.fail('unexpected text');
      this.#tokens.push(match[1] ?? match[2] ?? '');
    }
  }

  peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  next(): string | undefined {
    return this.#tokens[this.#at++];
  }

  fail(what: string): Error {
    return badRequest(`unable to parse requirement: ${what} in selector "${this.#text}"`);
  }
}

const punctuation = new Set(['=', '==', '!=', '!', '>', '<', '(', ')', ',']);

function parseRequirements(text: string): Requirement[] {
  const tokens = new Tokens(text);
  const found: Requirement[] = [];
  for (;;) {
    found.push(checked(parseRequirement(tokens)));
    const separator = tokens.next();
    if (separator === undefined) return found;
    if (separator !== ',') throw tokens.fail(`found '${separator}', expected: ',' or 'end of string'`);
  }
}

function parseRequirement(tokens: Tokens): Requirement {
  const negated = tokens.peek() === '!';
  if (negated) tokens.next();
  const key = tokens.next();
  if (key === undefined || punctuation.has(key)) throw tokens.fail(`found '${key ?? ''}', expected: identifier`);
  if (negated) return { key, operator: '!', values: [] };
  const operator = tokens.peek();
  if (operator === undefined || operator === ',') return { key, operator: 'exists', values: [] };
  tokens.next();
  switch (operator) {
    case '=':
    case '==':
      return { key, operator: '=', values: [parseValue(tokens)] };
    case '!=':
      return { key, operator: '!=', values: [parseValue(tokens)] };
    case '>':
      return { key, operator: 'gt', values: [parseValue(tokens)] };
    case '<':
      return { key, operator: 'lt', values: [parseValue(tokens)] };
    case 'in':
    case 'notin':
      return { key, operator, values: parseValues(tokens) };
    default:
      throw tokens.fail(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

function parseValue(tokens: Tokens): string {
  const next = tokens.peek();
  if (next === undefined || next === ',') return '';
  if (punctuation.has(next)) throw tokens.fail(`found '${next}', expected: identifier`);
  tokens.next();
  return next;
}

function parseValues(tokens: Tokens): string[] {
  if (tokens.next() !== '(') throw tokens.fail("expected: '('");
  const values: string[] = [];
  for (;;) {
    values.push(tokens.peek() === ')' ? '' : parseValue(tokens));
    const separator = tokens.next();
    if (separator === ')') return values;
    if (separator !== ',') throw tokens.fail(`found '${separator ?? ''}', expected: ',' or ')'`);
  }
}

function checked(requirement: Requirement): Requirement {
  const [keyProblem] = qualifiedName(requirement.key);
  if (keyProblem !== undefined) throw badRequest(`key: Invalid value: "${requirement.key}": ${keyProblem}`);
  for (const value of requirement.values) {
    const [problem] = labelValueProblems(value);
    if (problem !== undefined) {
      throw badRequest(`values[0][${requirement.key}]: Invalid value: "${value}": ${problem}`);
    }
  }
  return requirement;
}
