/** A source text and the lines of its offsets. */
export class Source {
  readonly name: string;
  readonly text: string;
  #lines: number[] | undefined;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  /** Line and column of an offset, both from 1; columns count bytes of UTF-8, as CUE's do. */
  position(offset: number): { line: number; column: number } {
    const lines = (this.#lines ??= lineStarts(this.text));
    let low = 0;
    let high = lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((lines[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    const start = lines[low] ?? 0;
    return { line: low + 1, column: utf8Length(this.text, start, offset) + 1 };
  }

  format(offset: number): string {
    const { line, column } = this.position(offset);
    return `${this.name}:${line}:${column}`;
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function utf8Length(text: string, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x80) count += 1;
    else if (c < 0x800) count += 2;
    else if (c >= 0xd800 && c < 0xdc00) {
      count += 4;
      i++;
    } else count += 3;
  }
  return count;
}

/** An error in the text of a source, with its position. */
export class CueSyntaxError extends Error {
  readonly source: Source;
  readonly offset: number;

  constructor(message: string, source: Source, offset: number) {
    super(`${message}:\n    ${source.format(offset)}`);
    this.name = 'CueSyntaxError';
    this.source = source;
    this.offset = offset;
  }
}
