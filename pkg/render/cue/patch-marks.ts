import type { CueNode } from '../../../cue/src/index.ts';
import type { Json } from '../../../machinery/src/meta.ts';
import { define, type JsonMap } from '../../../machinery/src/patch/json.ts';

/**
 * How a patch is merged is written in comments of its fields (`// +patchKey=name`). The value of a patch as data has a
 * field beside each commented one that says the same.
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

const tag = /^\+(patchKey|patchStrategy)=(\S+)$/;

/** What the comments of a field say about how it is merged; undefined where they say nothing. */
export function markOf(node: CueNode): JsonMap | undefined {
  const entries = node.comments.flatMap((comment) => {
    const [, key, value] = tag.exec(comment.trim()) ?? [];
    return key !== undefined && value !== undefined ? [[key, value] as const] : [];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** The value of a patch with a field for every mark. Throws a CueError where the value is not concrete. */
export function markedValue(node: CueNode): Json {
  const [kind, ...others] = node.kinds;
  if (others.length > 0 || !node.isConcrete || node.error) return node.json();
  if (kind === 'list') return node.elements().map(markedValue);
  if (kind !== 'struct') return node.json();
  const marked: JsonMap = {};
  for (const field of node.fields()) addField(marked, field);
  return marked as Json;
}

/** As markedValue, without fields that only say of which kind a value must be. */
function knownValue(node: CueNode): Json {
  if (node.kinds.join() !== 'struct') return markedValue(node);
  const known: JsonMap = {};
  for (const field of node.fields()) {
    if (!field.isConcrete) continue;
    const mark = markOf(field);
    if (mark) define(known, markPrefix + field.name, mark);
    define(known, field.name, knownValue(field));
  }
  return known as Json;
}

function addField(marked: JsonMap, field: CueNode): void {
  const mark = markOf(field);
  if (mark) define(marked, markPrefix + field.name, mark);
  const rest = field.kinds.includes('list') ? field.rest : undefined;
  if (rest?.kinds.join() === 'struct') define(marked, eachPrefix + field.name, knownValue(rest));
  define(marked, field.name, markedValue(field));
}
