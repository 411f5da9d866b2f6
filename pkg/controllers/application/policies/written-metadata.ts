import type { Application } from '../../../apis/application.ts';
import { isMap } from '../../../../machinery/src/patch/json.ts';
import type { RenderedPolicy } from './transform.ts';

const fields = ['labels', 'annotations'] as const;
type Field = (typeof fields)[number];
type Texts = Readonly<Record<string, string>>;

/** A label or annotation that a policy wrote: its value, and the one before, where there was one. */
export type WrittenText = readonly [written: string, before?: string];

/** The labels and annotations that policies wrote to an Application. */
export type WrittenMetadata = Readonly<Partial<Record<Field, Readonly<Record<string, WrittenText>>>>>;

/** Reads what the ConfigMap of an Application keeps; empty when it keeps nothing. */
export function readWritten(value: unknown): WrittenMetadata {
  if (!isMap(value)) return {};
  const read = fields.flatMap((field) => {
    const texts = value[field];
    return isMap(texts) ? [[field, Object.fromEntries(Object.entries(texts).filter(([, one]) => isWritten(one)))]] : [];
  });
  return Object.fromEntries(read) as WrittenMetadata;
}

const isWritten = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((text) => typeof text === 'string');

/**
 * The Application as it is without what policies wrote, which is what they are rendered from: a policy that appends to a label
 * that it reads appends once. A value that was changed since then counts as the user's.
 */
export function withoutWritten(app: Application, written: WrittenMetadata): Application {
  return fields.reduce((current, field) => {
    const texts = current.metadata[field];
    const kept = texts && original(texts, written[field] ?? {});
    return kept === texts ? current : { ...current, metadata: { ...current.metadata, [field]: kept } };
  }, app);
}

function original(texts: Texts, written: Readonly<Record<string, WrittenText>>): Texts {
  const ours = new Map(Object.entries(written).filter(([key, [value]]) => texts[key] === value));
  if (ours.size === 0) return texts;
  return Object.fromEntries(
    Object.entries(texts).flatMap(([key, value]) => {
      const [, before] = ours.get(key) ?? [value, value];
      return before === undefined ? [] : [[key, before]];
    }),
  );
}

/** What policies give now, by key; of several, the last. */
export const givenMetadata = (policies: readonly RenderedPolicy[], field: Field): Texts =>
  Object.assign({}, ...policies.map(({ output }) => output?.[field] ?? {})) as Texts;

/** What is to be kept of an Application after policies were rendered from `original`. */
export function nextWritten(
  live: Application,
  {
    original: base,
    policies,
    written,
  }: {
    readonly original: Application;
    readonly policies: readonly RenderedPolicy[];
    readonly written: WrittenMetadata;
  },
): WrittenMetadata {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const before = base.metadata[field] ?? {};
      const present = live.metadata[field] ?? {};
      // no policy gives it any more, and it is still there
      const left = Object.entries(written[field] ?? {}).filter(([key, [value]]) => present[key] === value);
      const given = Object.entries(givenMetadata(policies, field))
        .filter(([key, value]) => before[key] !== value)
        .map(([key, value]): [string, WrittenText] => [
          key,
          before[key] === undefined ? [value] : [value, before[key]],
        ]);
      const all = Object.fromEntries([...left, ...given].sort(([a], [b]) => (a < b ? -1 : 1)));
      return Object.keys(all).length > 0 ? [[field, all]] : [];
    }),
  );
}
