/** The parts of Handlebars' syntax tree that matter here. */
interface Program {
  readonly body: readonly Node[];
  /** Set on the inverse of a block that was written as `{{else …}}`. */
  readonly chained?: boolean;
}
interface Node {
  readonly type: string;
  readonly program?: Program;
  readonly inverse?: Program;
  value?: unknown;
  readonly original?: unknown;
}

/**
 * Handlebars removes a tag that stands alone on its line together with the line, except for the closing tag after
 * `{{else if …}}`: there it leaves the blanks before the tag, which end up in front of the next line and break YAML.
 * This removes them, in place.
 */
export function stripChainEnds(program: Program): void {
  for (const [i, node] of program.body.entries()) {
    for (const inner of [node.program, node.inverse]) if (inner) stripChainEnds(inner);
    if (node.inverse?.chained && endsItsLine(program.body[i + 1])) stripLast(node.inverse);
  }
}

/** Whether nothing but a line break follows the closing tag. What Handlebars stripped is in `original` still. */
const endsItsLine = (next: Node | undefined): boolean =>
  next === undefined || (typeof next.original === 'string' && /^[ \t]*(\r?\n|$)/.test(next.original));

function stripLast(chain: Program): void {
  let last: Program | undefined = chain;
  while (last?.chained) {
    const block: Node | undefined = last.body.at(-1);
    last = block?.inverse ?? block?.program;
  }
  const content = last?.body.at(-1);
  if (content?.type === 'ContentStatement' && typeof content.value === 'string')
    content.value = content.value.replace(/(^|\n)[ \t]+$/, '$1');
}
