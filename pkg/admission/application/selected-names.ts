import type { Json, JsonObject } from '../../../machinery/src/meta.ts';
import type { Application, AppPolicy } from '../../apis/application.ts';
import { suggestion } from '../../apis/suggest.ts';
import { isName, matchesPattern } from '../../appfile/component-pattern.ts';
import { namedPolicies } from '../../appfile/parse.ts';

/**
 * Names in policies that select nothing of the Application, with the ones that may have been meant: such a rule has no
 * effect, and what it was to keep is collected. A component of an earlier version may be named on purpose.
 */
export function selectionWarnings({ spec }: Application): readonly string[] {
  const traits = spec.components.flatMap((component) => component.traits ?? []);
  const known: Readonly<Record<string, readonly string[]>> = {
    componentNames: [...spec.components, ...added(spec.policies ?? [])].map(({ name }) => name),
    componentTypes: spec.components.flatMap(withoutVersion),
    traitTypes: traits.flatMap(withoutVersion),
  };
  return namedPolicies(spec.policies ?? []).flatMap((policy) =>
    [...ruleSelections(policy), ...overrideSelections(policy)].flatMap(({ field, kind, name }) => {
      const names = known[kind] ?? [];
      if (names.some((one) => one === name || (kind === 'componentNames' && matchesPattern(one, name)))) return [];
      const what = kind === 'componentNames' ? 'no component is named' : 'no component has';
      return [`policy "${policy.name}": ${field}: ${what} "${name}"${suggestion(name, names)}`];
    }),
  );
}

/** A type with its version, and without. */
const withoutVersion = ({ type }: { readonly type: string }): readonly string[] => [type, type.replace(/@.*$/, '')];

interface Selection {
  readonly field: string;
  readonly kind: string;
  readonly name: string;
}

const kinds = ['componentNames', 'componentTypes', 'traitTypes'];

function ruleSelections({ properties }: AppPolicy): readonly Selection[] {
  return objects(properties?.['rules']).flatMap((rule, i) => {
    const selector = isObject(rule['selector']) ? rule['selector'] : {};
    return kinds.flatMap((kind) =>
      texts(selector[kind]).map((name, j) => ({ field: `rules[${i}].selector.${kind}[${j}]`, kind, name })),
    );
  });
}

/** A name with a type adds a component where there is none; a pattern may match later. */
function overrideSelections({ type, properties }: AppPolicy): readonly Selection[] {
  if (type !== 'override') return [];
  const changes = objects(properties?.['components']).flatMap(({ name, type: of }, i) =>
    typeof name === 'string' && isName(name) && of === undefined
      ? [{ field: `components[${i}].name`, kind: 'componentNames', name }]
      : [],
  );
  const selected = texts(properties?.['selector'])
    .map((name, i) => ({ field: `selector[${i}]`, kind: 'componentNames', name }))
    .filter(({ name }) => isName(name));
  return [...changes, ...selected];
}

const added = (policies: readonly AppPolicy[]): readonly { readonly name: string }[] =>
  policies
    .filter(({ type }) => type === 'override')
    .flatMap(({ properties }) => objects(properties?.['components']))
    .flatMap(({ name, type }) => (typeof name === 'string' && type !== undefined ? [{ name }] : []));

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
const objects = (value: Json | undefined): readonly JsonObject[] => list(value).filter(isObject);
const texts = (value: Json | undefined): readonly string[] => list(value).filter((item) => typeof item === 'string');
