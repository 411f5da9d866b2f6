import type { Use } from '../actions/registry.ts';
import { findPackage } from '../actions/registry.ts';
import type { ActionSpec, CueFields } from '../actions/spec.ts';
import type { CueSource } from './source.ts';
import { tokensOf } from './tokens.ts';

/**
 * The packages that templates of workflow steps import. CUE asks for a loader to have packages; here each becomes a
 * struct in the template's scope, whose definitions carry the name of their action in `$do`.
 */

/** Whether templates may import a package although CUE itself has none of that name. */
export const isPackage = (specification: string): boolean => packageText(specification) !== undefined;

/**
 * The struct that stands for an imported package, under the name by which the template knows it; undefined when it is
 * none of ours.
 */
export function packageText(specification: string): string | undefined {
  const { alias, name } = readImport(specification);
  const found = name === undefined ? undefined : findPackage(name);
  if (!found) return undefined;
  const definitions = Object.entries(found.actions).map(([definition, spec]) =>
    found.isFlat ? flatText(definition, spec) : actionText(definition, spec),
  );
  return `${alias}: {\n${[...definitions, '#Steps: {...}'].join('\n')}\n}`;
}

/** The packages of actions that a template imports, and the actions that it mentions. */
export function usesOf({ imports, body }: Pick<CueSource, 'imports' | 'body'>): {
  readonly imported: readonly string[];
  readonly uses: readonly Use[];
} {
  const found = imports.map(readImport).flatMap(({ alias, name }) => (name === undefined ? [] : [{ alias, name }]));
  const tokens = tokensOf(body).filter(({ kind }) => kind !== 'comment');
  const uses = tokens.flatMap(({ text }, i) => {
    const [dot, definition] = [tokens[i + 1]?.text, tokens[i + 2]?.text];
    const from = found.find(({ alias }) => alias === text);
    if (!from || tokens[i - 1]?.text === '.' || dot !== '.' || !definition?.startsWith('#')) return [];
    return [{ packageName: from.name, definition: definition.slice(1) }];
  });
  return { imported: found.map(({ name }) => name), uses };
}

/** `name` is undefined for what is no package of actions. */
function readImport(specification: string): { readonly alias: string; readonly name: string | undefined } {
  const [, alias, name] = /^(?:(\S+) )?"vela\/(.*)"$/.exec(specification) ?? [];
  return { alias: alias ?? name ?? '', name };
}

const actionText = (definition: string, { action, params, returns }: ActionSpec): string =>
  `#${definition}: {$do: "${action}", $params: {${fieldsText(params)}...}, $returns?: {${fieldsText(returns)}...}, ...}`;

/** What an action returns is open here: it is filled in beside its parameters. */
const flatText = (definition: string, { action, params, returns }: ActionSpec): string =>
  `#${definition}: {$do: "${action}", $flat: true, ${fieldsText(params)}${fieldsText(without(returns, params))}...}`;

const fieldsText = (fields: CueFields): string =>
  Object.entries(fields)
    .map(([name, type]) => `${name}: ${type}, `)
    .join('');

function without(fields: CueFields, others: CueFields): CueFields {
  const known = new Set(Object.keys(others).map((name) => name.replace(/\?$/, '')));
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !known.has(name.replace(/\?$/, ''))));
}
