import type { Operand, Step } from './json-path-step.ts';

const operators = ['==', '!=', '<=', '>=', '<', '>'];

/** Reads the text of a JSONPath. */
export class JsonPathReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The whole text as steps. */
  path(): Step[] {
    const steps = this.#steps(() => false);
    if (this.#at < this.#text.length) throw this.#wrong();
    return steps;
  }

  #wrong(): Error {
    return new Error(`invalid JSONPath "${this.#text}": unexpected text at position ${this.#at}`);
  }

  #steps(ends: (character: string) => boolean): Step[] {
    const steps: Step[] = [];
    while (this.#at < this.#text.length && !ends(this.#peek())) {
      if (this.#take('..')) {
        steps.push({ type: 'descend' });
        if (this.#peek() !== '[') steps.push(this.#name(ends));
      } else if (this.#take('.')) {
        if (this.#at < this.#text.length && this.#peek() !== '[' && !ends(this.#peek())) steps.push(this.#name(ends));
      } else if (this.#take('[')) steps.push(this.#bracket());
      else if (steps.length === 0) steps.push(this.#name(ends));
      else throw this.#wrong();
    }
    return steps;
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** A field's name up to the next separator; a backslash takes the next character literally. */
  #name(ends: (character: string) => boolean): Step {
    let name = '';
    while (this.#at < this.#text.length) {
      const character = this.#peek();
      if (character === '.' || character === '[' || ends(character)) break;
      this.#at++;
      if (character === '\\') {
        name += this.#peek();
        this.#at++;
      } else name += character;
    }
    if (name === '') throw this.#wrong();
    return name === '*' ? { type: 'all' } : { type: 'field', name };
  }

  #bracket(): Step {
    if (this.#take('?(')) return this.#filter();
    if (this.#take('*]')) return { type: 'all' };
    const slice = /^(-?\d*):(-?\d*)(?::(\d+))?\]/.exec(this.#text.slice(this.#at));
    if (slice) {
      this.#at += slice[0].length;
      const number = (text: string | undefined) => (text === undefined || text === '' ? undefined : Number(text));
      return { type: 'slice', from: number(slice[1]), to: number(slice[2]), by: number(slice[3]) ?? 1 };
    }
    const keys: (string | number)[] = [];
    do keys.push(this.#key());
    while (this.#take(','));
    if (!this.#take(']')) throw this.#wrong();
    return { type: 'union', keys };
  }

  #key(): string | number {
    this.#blanks();
    const quote = this.#peek();
    if (quote === "'" || quote === '"') {
      const key = this.#quoted(quote);
      this.#blanks();
      return key;
    }
    const number = /^-?\d+/.exec(this.#text.slice(this.#at));
    if (!number) throw this.#wrong();
    this.#at += number[0].length;
    this.#blanks();
    return Number(number[0]);
  }

  #quoted(quote: string): string {
    this.#at++;
    let text = '';
    while (this.#peek() !== quote) {
      if (this.#at >= this.#text.length) throw this.#wrong();
      if (this.#peek() === '\\') this.#at++;
      text += this.#peek();
      this.#at++;
    }
    this.#at++;
    return text;
  }

  #blanks(): void {
    while (this.#peek() === ' ') this.#at++;
  }

  #filter(): Step {
    const left = this.#operand();
    const operator = operators.find((o) => this.#take(o)) ?? '';
    const right = operator === '' ? undefined : this.#operand();
    if (!this.#take(')]')) throw this.#wrong();
    return { type: 'filter', left, operator, right };
  }

  #operand(): Operand {
    this.#blanks();
    const operand = this.#operandText();
    this.#blanks();
    return operand;
  }

  #operandText(): Operand {
    if (this.#take('@')) return { type: 'path', steps: this.#steps((c) => ' =!<>)'.includes(c)) };
    const quote = this.#peek();
    if (quote === "'" || quote === '"') return { type: 'value', value: this.#quoted(quote) };
    const word = /^(true|false|-?\d+(\.\d+)?)/.exec(this.#text.slice(this.#at));
    if (!word) throw this.#wrong();
    this.#at += word[0].length;
    const value = word[0] === 'true' ? true : word[0] === 'false' ? false : Number(word[0]);
    return { type: 'value', value };
  }
}
