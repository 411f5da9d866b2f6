import { labelValueProblems, qualifiedName } from '../text/syntax.ts';
import { badRequest } from '../contract/errors.ts';

export interface Requirement {
  readonly key: string;
  readonly operator: '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';
  readonly values: readonly string[];
}

type Kind = 'end' | 'name' | '(' | ')' | ',' | '=' | '==' | '!=' | '!' | '>' | '<' | 'bad';

interface Token {
  readonly kind: Kind;
  readonly text: string;
}

const end: Token = { kind: 'end', text: '' };
const token = /\s*(?:(==|!=|[=!<>(),])|([^\s=!<>(),]+))/y;

function tokensOf(text: string): Token[] {
  const found: Token[] = [];
  token.lastIndex = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [, sign, name] = match;
    found.push(sign === undefined ? { kind: 'name', text: name ?? '' } : { kind: sign as Kind, text: sign });
  }
  return found;
}

/** Why a requirement cannot be read; the caller says where. */
class RequirementError extends Error {}

/** Reads the text form of a label selector as kube-apiserver does, refusals included. */
export class SelectorParser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  /** Throws BadRequest when the text is no selector. */
  parse(): Requirement[] {
    const found: Requirement[] = [];
    for (;;) {
      const { kind, text } = this.#peek();
      if (kind === 'end') return found;
      if (kind !== 'name' && kind !== '!')
        throw badRequest(`found '${text}', expected: !, identifier, or 'end of string'`);
      found.push(this.#checkedRequirement());
      const separator = this.#next();
      if (separator.kind === 'end') return found;
      if (separator.kind !== ',') throw badRequest(`found '${separator.text}', expected: ',' or 'end of string'`);
      const following = this.#peek();
      if (following.kind !== 'name' && following.kind !== '!')
        throw badRequest(`found '${following.text}', expected: identifier after ','`);
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? end;
  }

  #next(): Token {
    const next = this.#peek();
    this.#at += 1;
    return next;
  }

  #checkedRequirement(): Requirement {
    try {
      return this.#requirement();
    } catch (error) {
      if (!(error instanceof RequirementError)) throw error;
      throw badRequest(`unable to parse requirement: ${error.message}`);
    }
  }

  #requirement(): Requirement {
    const isNegated = this.#peek().kind === '!';
    if (isNegated) this.#next();
    const key = this.#identifier();
    const problems = qualifiedName(key);
    if (problems.length > 0)
      throw new RequirementError(`<nil>: Invalid value: ${JSON.stringify(key)}: ${problems.join('; ')}`);
    if (isNegated) return { key, operator: '!', values: [] };
    const { kind } = this.#peek();
    if (kind === 'end' || kind === ',') return { key, operator: 'exists', values: [] };
    return withCheckedValues(this.#comparison(key));
  }

  #comparison(key: string): Requirement {
    const { kind, text } = this.#next();
    switch (kind) {
      case '=':
      case '==':
        return { key, operator: '=', values: [this.#value()] };
      case '!=':
        return { key, operator: '!=', values: [this.#value()] };
      case '>':
        return { key, operator: 'gt', values: [this.#value()] };
      case '<':
        return { key, operator: 'lt', values: [this.#value()] };
      default:
        if (text !== 'in' && text !== 'notin')
          throw new RequirementError(`found '${text}', expected: in, notin, =, ==, !=, gt, lt`);
        return { key, operator: text, values: this.#values() };
    }
  }

  #identifier(): string {
    const { kind, text } = this.#next();
    if (kind !== 'name') throw new RequirementError(`found '${text}', expected: identifier`);
    return text;
  }

  #value(): string {
    const { kind } = this.#peek();
    return kind === 'end' || kind === ',' ? '' : this.#identifier();
  }

  #values(): string[] {
    const open = this.#next();
    if (open.kind !== '(') throw new RequirementError(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.kind === ')') {
      this.#next();
      return [''];
    }
    if (first.kind !== 'name' && first.kind !== ',')
      throw new RequirementError(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = this.#list();
    this.#next();
    return values;
  }

  /** Values up to the closing parenthesis; nothing between two commas is the empty value. */
  #list(): string[] {
    const values: string[] = [];
    for (;;) {
      const { kind, text } = this.#peek();
      if (kind === 'name') {
        values.push(text);
        this.#next();
      } else if (kind === ',' || kind === ')') values.push('');
      else throw new RequirementError(`found '${text}', expected: ',', or identifier`);
      const separator = this.#peek();
      if (separator.kind === ')') return values;
      if (separator.kind !== ',') throw new RequirementError(`found '${separator.text}', expected: ',' or ')'`);
      this.#next();
    }
  }
}

function withCheckedValues(requirement: Requirement): Requirement {
  const { key, operator } = requirement;
  const values = [...new Set(requirement.values)].sort();
  const problems = [
    ...(isOrder(operator) ? values.flatMap(orderProblem) : []),
    ...values.flatMap((value, i) => {
      const texts = labelValueProblems(value);
      const shown = JSON.stringify(value);
      return texts.length === 0 ? [] : [`values[${i}][${key}]: Invalid value: ${shown}: ${texts.join('; ')}`];
    }),
  ];
  if (problems.length > 0)
    throw new RequirementError(problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`);
  return { ...requirement, values };
}

function isOrder(operator: string): boolean {
  return operator === 'gt' || operator === 'lt';
}

function orderProblem(value: string, i: number): string[] {
  if (isInt64(value)) return [];
  const text = "for 'Gt', 'Lt' operators, the value must be an integer";
  return [`values[${i}]: Invalid value: ${JSON.stringify(value)}: ${text}`];
}

/** Whether a text is a whole number of 64 bits, as `>` and `<` compare them. */
export function isInt64(text: string): boolean {
  if (!/^[+-]?\d+$/.test(text)) return false;
  const value = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, value) === value;
}
