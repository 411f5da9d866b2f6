import { boolYaml11Tag, floatCoreTag, intCoreTag, intYaml11Tag, NOT_RESOLVED } from 'js-yaml';
import yaml from 'js-yaml-4';

interface Scalar {
  readonly resolve: (source: string, isExplicit: boolean, tagName: string) => unknown;
}

/** Whole numbers as kubectl reads them: 0644 is octal, 1_000 and 0b11 are numbers, 12:30 is a string. */
export function resolveInteger(source: string, isExplicit: boolean, tagName: string): number | typeof NOT_RESOLVED {
  if (source.includes(':')) return NOT_RESOLVED;
  if (/^[-+]?0o/.test(source)) return intCoreTag.resolve(source, isExplicit, tagName);
  return intYaml11Tag.resolve(source, isExplicit, tagName);
}

const scalarType = (tag: string, { resolve }: Scalar): yaml.Type =>
  new yaml.Type(tag, {
    kind: 'scalar',
    resolve: (data: unknown) => typeof data === 'string' && resolve(data, false, tag) !== NOT_RESOLVED,
    construct: (data: string) => resolve(data, false, tag),
  });

const schema = yaml.CORE_SCHEMA.extend({
  implicit: [
    scalarType('tag:yaml.org,2002:bool', boolYaml11Tag),
    scalarType('tag:yaml.org,2002:int', { resolve: resolveInteger }),
    scalarType('tag:yaml.org,2002:float', floatCoreTag),
    new yaml.Type('tag:yaml.org,2002:merge', { kind: 'scalar', resolve: (data: unknown) => data === '<<' }),
  ],
});

/**
 * Reads documents as Go's YAML libraries do: of two equal keys the last one counts, and the lines of a quoted scalar may
 * begin further left than its key.
 */
export function loadAsGo(text: string): unknown[] {
  return yaml.loadAll(text, null, { schema, json: true, onWarning: () => undefined });
}

/**
 * Removes the newline that the parsers add to a block scalar at the very end of a text that does not end in one. Go adds
 * none.
 */
export function trimAddedNewline(text: string, documents: readonly unknown[]): void {
  if (text === '' || text.endsWith('\n')) return;
  const lastLine = text.slice(text.lastIndexOf('\n') + 1).trim();
  let node: unknown = documents[documents.length - 1];
  while (typeof node === 'object' && node !== null) {
    const holder = node as Record<string, unknown>;
    const key = Object.keys(holder).pop();
    if (key === undefined) return;
    node = holder[key];
    if (typeof node === 'string' && node.endsWith(`${lastLine}\n`)) holder[key] = node.slice(0, -1);
  }
}
