import type { TopLevel } from './declarations.ts';
import { closureOf, topLevelOf } from './declarations.ts';
import type { Token } from './tokens.ts';
import { tokensOf } from './tokens.ts';

/** A template taken apart: its imports, which CUE wants at the top of a file, and everything else. */
export interface CueSource {
  /** Import specifications, such as `"strings"` or `str "strings"`. */
  readonly imports: readonly string[];
  readonly body: string;
  /** The fields of `context` that the body reads; undefined when it may read all. */
  readonly contextFields: ReadonlySet<string> | undefined;
  /** The declarations of `parameter` and of what it refers to; none when it is not declared. */
  readonly parameters: readonly TopLevel[];
}

/** Takes the clauses `package` and `import` off a file of CUE. Throws when a literal does not end. */
export function splitImports(text: string): Pick<CueSource, 'imports' | 'body'> {
  const tokens = tokensOf(text);
  const { imports, end } = new ImportReader(tokens);
  return { imports, body: text.slice(tokens[end]?.start ?? text.length) };
}

/** Several files of one package as one; what several import is imported once. */
export function joinFiles(texts: readonly string[]): string {
  const files = texts.map(splitImports);
  const imports = [...new Set(files.flatMap((file) => file.imports))].map((one) => `import ${one}`);
  return [...imports, ...files.map(({ body }) => body)].join('\n');
}

/** The name in a file's package clause, if it has one. */
export function packageOf(text: string): string | undefined {
  const [keyword, name] = tokensOf(text).filter(({ kind }) => kind !== 'comment' && kind !== 'newline');
  return keyword?.text === 'package' && name?.kind === 'word' ? name.text : undefined;
}

/**
 * Takes a template apart, and changes three things that CUE 0.4 sees otherwise than templates expect. The marks of
 * required fields (`name!: string`) are left out: there, a field without a value is required. A loop over
 * parameters that are not given goes over nothing, instead of waiting for them. And a condition on what an action has
 * not returned does not hold, instead of hiding what stands beside it. Throws when a literal does not end.
 */
export function readSource(template: string): CueSource {
  const { imports, body: written } = splitImports(template);
  const tokens = tokensOf(written);
  const edits = tokens.flatMap(
    (_, index) =>
      requiredMark(tokens, index) ?? openLoop(written, tokens, index) ?? openCondition(written, tokens, index) ?? [],
  );
  const body = edits.reduceRight((text, { start, end, by }) => text.slice(0, start) + by + text.slice(end), written);
  return {
    imports,
    body,
    contextFields: fieldsReadOf('context', tokens),
    parameters: closureOf(['parameter'], topLevelOf(body, tokensOf(body))),
  };
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

/** Reads the clauses `package` and `import` that a file begins with. */
class ImportReader {
  readonly imports: string[] = [];
  /** Index of the first token behind them. */
  end = 0;
  readonly #tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
    for (;;) {
      const at = this.#next(this.end);
      if (this.#isClause(at, 'package')) this.end = at + 2;
      else if (this.#isClause(at, 'import')) this.end = this.#readImport(this.#next(at + 1));
      else return;
    }
  }

  #isClause(at: number, keyword: string): boolean {
    return this.#tokens[at]?.text === keyword && this.#tokens[at + 1]?.text !== ':';
  }

  #readImport(at: number): number {
    if (this.#tokens[at]?.text !== '(') return this.#readSpec(at);
    let next = this.#next(at + 1);
    while (next < this.#tokens.length && this.#tokens[next]?.text !== ')') {
      const end = this.#readSpec(next);
      next = this.#next(end === next ? next + 1 : end);
    }
    return next + 1;
  }

  /** `"path"` or `alias "path"`; the token behind it, or the same one when there is none. */
  #readSpec(at: number): number {
    const [first, second] = this.#tokens.slice(at, at + 2);
    if (first?.kind === 'string') {
      this.imports.push(first.text);
      return at + 1;
    }
    if (first?.kind !== 'word' || second?.kind !== 'string') return at;
    this.imports.push(`${first.text} ${second.text}`);
    return at + 2;
  }

  #next(at: number): number {
    const found = this.#tokens.findIndex(({ kind }, index) => index >= at && kind !== 'comment' && kind !== 'newline');
    return found < 0 ? this.#tokens.length : found;
  }
}

function requiredMark(tokens: readonly Token[], index: number): Edit | undefined {
  const [label, mark, colon] = [tokens[index - 1], tokens[index], tokens[index + 1]];
  if (mark?.text !== '!' || colon?.text !== ':') return undefined;
  return label?.kind === 'word' || label?.kind === 'string' ? { start: mark.start, end: mark.end, by: '' } : undefined;
}

/** `for v in parameter.x` becomes `if parameter.x != _|_ for v in parameter.x`. */
function openLoop(template: string, tokens: readonly Token[], index: number): Edit | undefined {
  const text = (at: number): string | undefined => tokens[at]?.text;
  if (text(index) !== 'for' || tokens[index + 1]?.kind !== 'word') return undefined;
  const first = index + (text(index + 2) === ',' ? 5 : 3);
  if (text(first - 1) !== 'in' || text(first) !== 'parameter') return undefined;
  let last = first;
  while (text(last + 1) === '.' && tokens[last + 2]?.kind === 'word') last += 2;
  if (last === first) return undefined;
  const path = template.slice(tokens[first]?.start, tokens[last]?.end);
  const start = tokens[index]?.start ?? 0;
  return { start, end: start, by: `if ${path} != _|_ ` };
}

/** `if a.$returns.b > 1 {` becomes `if a.$returns.b != _|_ if a.$returns.b > 1 {`. */
function openCondition(template: string, tokens: readonly Token[], index: number): Edit | undefined {
  const start = tokens[index];
  if (start?.text !== 'if' || tokens[index + 1]?.text === ':') return undefined;
  const paths: string[] = [];
  for (let at = index + 1; at < tokens.length && tokens[at]?.text !== '{'; at++) {
    const last = endOfPath(tokens, at);
    const path = tokens.slice(at, last + 1);
    if (path.some(({ text }) => text === '$returns') && !isAskedFor(tokens, last))
      paths.push(template.slice(path[0]?.start, path.at(-1)?.end));
    at = last;
  }
  const by = [...new Set(paths)].map((path) => `if ${path} != _|_ `).join('');
  return by === '' ? undefined : { start: start.start, end: start.start, by };
}

/** Whether the path that ends at a token is compared with what is not there. */
const isAskedFor = (tokens: readonly Token[], last: number): boolean =>
  /^[=!]=$/.test(tokens[last + 1]?.text ?? '') && tokens[last + 2]?.text === '_|_';

/** The last token of a path `a.b.c` that begins at a token. */
function endOfPath(tokens: readonly Token[], first: number): number {
  let last = first;
  while (tokens[first]?.kind === 'word' && tokens[last + 1]?.text === '.' && tokens[last + 2]?.kind === 'word')
    last += 2;
  return last;
}

/** The fields of a struct that are read by name; undefined when the struct itself is used. */
function fieldsReadOf(struct: string, tokens: readonly Token[]): ReadonlySet<string> | undefined {
  const fields = new Set<string>();
  for (const [index, token] of tokens.entries()) {
    const names = token.kind === 'string' ? namesInside(struct, token.text) : nameAt(struct, tokens, index);
    if (!names) return undefined;
    for (const name of names) fields.add(name);
  }
  return fields;
}

function nameAt(struct: string, tokens: readonly Token[], index: number): readonly string[] | undefined {
  const text = (at: number): string | undefined => tokens[at]?.text;
  if (text(index) !== struct || text(index - 1) === '.') return [];
  const name = tokens[index + 2];
  if (name && text(index + 1) === '.') return [name.text];
  const isQuoted = name?.kind === 'string' && text(index + 1) === '[' && text(index + 3) === ']';
  if (isQuoted) return [name.text.slice(1, -1)];
  return text(index + 1) === ':' ? [] : undefined;
}

/** The fields that the interpolations of a string read. */
function namesInside(struct: string, text: string): readonly string[] | undefined {
  if (!text.includes(struct) || !text.includes('\\')) return [];
  const uses = text.matchAll(new RegExp(String.raw`\b${struct}\b(?:\.([\p{L}_$][\p{L}\p{Nd}_$]*))?`, 'gu'));
  const names = [...uses].map(([, name]) => name);
  return names.includes(undefined) ? undefined : (names as readonly string[]);
}
