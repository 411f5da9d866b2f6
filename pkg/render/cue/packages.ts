import type { File, SelectorExpr } from '../../../cue/src/index.ts';
import type { Use } from '../actions/registry.ts';
import { findPackage, packageNames } from '../actions/registry.ts';
import type { ActionSpec, CueFields } from '../actions/spec.ts';

function packageText(name: string): string {
  const found = findPackage(name);
  const definitions = Object.entries(found?.actions ?? {}).map(([definition, spec]) =>
    found?.isFlat === true ? flatText(definition, spec) : actionText(definition, spec),
  );
  return [...definitions, '#Steps: {...}'].join('\n');
}

/** An action that is not performed has any parameters: a template that names it is read, and refused where it is used. */
const actionText = (definition: string, { action, params, returns, refusal }: ActionSpec): string =>
  `#${definition}: {$do: "${action}", $params: {${fieldsText(params)}${refusal === undefined ? '' : '...'}}, $returns?: {${fieldsText(returns)}...}, ...}`;

/** What an action returns is open here: it is filled in beside its parameters. */
const flatText = (definition: string, { action, params, returns }: ActionSpec): string =>
  `#${definition}: {$do: "${action}", $flat: true, ${fieldsText(params)}${fieldsText(without(returns, params))}...}`;

const fieldsText = (fields: CueFields): string =>
  Object.entries(fields)
    .map(([name, type]) => `${name}: ${type}, `)
    .join('');

/** A field that is both is declared once. */
function without(returns: CueFields, params: CueFields): CueFields {
  const plain = (name: string): string => name.replace(/\?$/, '');
  const given = new Set(Object.keys(params).map(plain));
  return Object.fromEntries(Object.entries(returns).filter(([name]) => !given.has(plain(name))));
}

/** The packages of actions as CUE texts, by import path: each definition carries the name of its action in `$do`. */
export const actionPackages: Readonly<Record<string, string>> = Object.fromEntries(
  packageNames.map((name) => [`vela/${name}`, packageText(name)]),
);

/** The packages of actions that a file imports, and the actions that it mentions. */
export function usesOf({ imports, decls }: File): {
  readonly imported: readonly string[];
  readonly uses: readonly Use[];
} {
  const found = imports
    .filter(({ path }) => path.startsWith('vela/'))
    .map(({ name, path }) => ({ alias: name ?? path.slice(path.lastIndexOf('/') + 1), name: path.slice(5) }));
  const uses = selectorsIn(decls).flatMap(({ x, label }) => {
    const from = x.kind === 'ident' ? found.find(({ alias }) => alias === x.name) : undefined;
    const isDefinition = label.kind === 'ident' && label.name.startsWith('#');
    return from && isDefinition ? [{ packageName: from.name, definition: label.name.slice(1) }] : [];
  });
  return { imported: found.map(({ name }) => name), uses };
}

/** The names of top-level fields that mention a package of actions. */
export function actingFields(files: readonly File[]): ReadonlySet<string> {
  const names = files.flatMap(({ imports, decls }) => {
    const aliases = imports
      .filter(({ path }) => path.startsWith('vela/'))
      .map(({ name, path }) => name ?? path.slice(path.lastIndexOf('/') + 1));
    return decls.flatMap((decl) => {
      if (decl.kind !== 'field' || (decl.label.kind !== 'ident' && decl.label.kind !== 'string')) return [];
      const isActing = selectorsIn(decl.value).some(({ x }) => x.kind === 'ident' && aliases.includes(x.name));
      return isActing ? [String(decl.label.kind === 'ident' ? decl.label.name : decl.label.value)] : [];
    });
  });
  return new Set(names);
}

/** All selectors `x.label` of a syntax tree. */
function selectorsIn(node: unknown): readonly SelectorExpr[] {
  if (typeof node !== 'object' || node === null) return [];
  const below = Object.values(node).flatMap(selectorsIn);
  return (node as { readonly kind?: unknown }).kind === 'selector' ? [node as SelectorExpr, ...below] : below;
}
