import type { Declaration, Label } from './declarations.ts';
import { closing, declarationsOf } from './declarations.ts';
import type { Token } from './tokens.ts';
import { tokensOf } from './tokens.ts';

/**
 * How a patch is to be merged is written in comments (`// +patchKey=name`), and comments do not outlive evaluation. So
 * the template gets a field beside each commented one that says the same, which references and unification carry along.
 */

/** What the comments of the field `x` say is the value of the field `$patch:x`. */
export const markPrefix = '$patch:';
/** `x: [...V]` in a patch means V for every element that is there; V is the value of the field `$each:x`. */
export const eachPrefix = '$each:';

export const isMark = (field: string): boolean => field.startsWith(markPrefix) || field.startsWith(eachPrefix);

export interface PatchMark {
  /** Fields that identify the elements of a list, the first that an element has; a field may be a path, `a.b`. */
  readonly patchKey?: string;
  /** `retainKeys`, `replace`, `open`, `jsonMergePatch` or `jsonPatch`. */
  readonly patchStrategy?: string;
}

const tag = /^\/\/\s*\+(patchKey|patchStrategy)=(\S+)\s*$/;
const patches = ['patch', 'patchOutputs'];

/** Returns the template with a field for every mark. */
export function markPatches(template: string): string {
  const tokens = tokensOf(template);
  const added: { readonly at: number; readonly text: string }[] = [];
  let isPatch = false;
  for (const declaration of declarationsOf(template, tokens)) {
    const [first] = declaration.labels;
    if (declaration.depth === 0) isPatch = patches.includes(first?.text ?? '');
    const fields = [markOf(tokens, declaration), isPatch ? eachOf(template, tokens, declaration) : undefined];
    for (const text of fields) if (first && text !== undefined) added.push({ at: first.token.start, text });
  }
  return added.reduceRight((text, { at, text: field }) => `${text.slice(0, at)}${field}\n${text.slice(at)}`, template);
}

/** Comments belong to the last label of a declaration: to `c` in `a: b: c: …`. */
function markOf(tokens: readonly Token[], { start, labels }: Declaration): string | undefined {
  const mark = Object.fromEntries(
    commentsAbove(tokens, start).flatMap((text) => {
      const [, key, value] = tag.exec(text) ?? [];
      return key !== undefined && value !== undefined ? [[key, value] as const] : [];
    }),
  );
  return Object.keys(mark).length > 0 ? fieldBeside(labels, markPrefix, JSON.stringify(mark)) : undefined;
}

function commentsAbove(tokens: readonly Token[], index: number): readonly string[] {
  const texts: string[] = [];
  for (let at = index - 1; tokens[at]?.kind === 'newline' && tokens[at - 1]?.kind === 'comment'; at -= 2) {
    const before = tokens[at - 2];
    if (before && before.kind !== 'newline' && before.text !== '{') break;
    texts.unshift(tokens[at - 1]?.text ?? '');
    if (before?.kind !== 'newline') break;
  }
  return texts;
}

function eachOf(template: string, tokens: readonly Token[], { labels, value }: Declaration): string | undefined {
  const [open, dots, first] = tokens.slice(value, value + 3);
  const end = open?.text === '[' && dots?.text === '...' && first ? closing(tokens, value) : undefined;
  const last = end === undefined ? undefined : tokens[end];
  if (!first || !last || first === last) return undefined;
  return fieldBeside(labels, eachPrefix, template.slice(first.start, last.start).replace(/,\s*$/, ''));
}

function fieldBeside(labels: readonly Label[], prefix: string, value: string): string | undefined {
  const path = labels.slice(0, -1).map(({ text }) => `${text}: `);
  const label = labels.at(-1);
  const name = label && prefixed(label, prefix);
  return name === undefined ? undefined : `${path.join('')}${name}: ${value}`;
}

/** Hidden fields, definitions and multi-line labels have no mark. */
function prefixed({ token, text }: Label, prefix: string): string | undefined {
  if (token.kind === 'symbol') return `"${prefix}\\${text}"`;
  if (token.kind === 'word') return /^[_#]/.test(text) ? undefined : `"${prefix}${text}"`;
  return /^"(?!"")/.test(text) ? `"${prefix}${text.slice(1)}` : undefined;
}
