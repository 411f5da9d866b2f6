import type { AppPolicy, Component, Trait } from '../apis/application.ts';
import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import { isName, matchesPattern, patternProblem } from './component-pattern.ts';

interface TraitOverride extends Trait {
  readonly disable?: boolean;
}

/** One entry of an override policy. */
interface ComponentOverride {
  readonly name?: string;
  readonly type?: string;
  readonly properties?: JsonObject;
  readonly traits?: readonly TraitOverride[];
}

/** The properties of an override policy. */
export interface OverrideProperties {
  readonly components?: readonly ComponentOverride[];
  readonly selector?: readonly string[];
}

/** Returns the components as an override policy changes them; one that matches none by name is added. */
export function applyOverride(components: readonly Component[], override: OverrideProperties): readonly Component[] {
  let result = [...components];
  for (const change of override.components ?? []) {
    const { name = '', type = '' } = change;
    const matching = result.filter((c) => matches(c, change));
    if (matching.length > 0) result = result.map((c) => (matching.includes(c) ? changed(c, change) : c));
    else if (name !== '' && type !== '' && isName(name)) result.push(mergeComponent({ name, type }, change));
  }
  const { selector } = override;
  return selector ? result.filter((c) => selector.some((pattern) => matchesPattern(c.name, pattern))) : result;
}

/** The patterns of an override policy that do not compile, with their fields. */
export function overrideProblems({ name, type, properties }: AppPolicy & { readonly name: string }): readonly string[] {
  if (type !== 'override') return [];
  const { components, selector } = properties ?? {};
  const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
  const patterns = [
    ...listOf(components).map((change, i) => [`components[${i}].name`, isObject(change) && change['name']] as const),
    ...listOf(selector).map((pattern, i) => [`selector[${i}]`, pattern] as const),
  ];
  return patterns.flatMap(([field, pattern]) => {
    if (typeof pattern !== 'string') return [];
    const problem = patternProblem(pattern);
    return problem === undefined
      ? []
      : [`policy "${name}": ${field} "${pattern}" is no regular expression: ${problem}`];
  });
}

/** With a name, a change is for the components of that name, otherwise for those of its type. */
function matches(component: Component, { name = '', type = '' }: ComponentOverride): boolean {
  return name === '' ? type === '' || type === component.type : matchesPattern(component.name, name);
}

/** The component with a change; one of another type takes its place. */
function changed(component: Component, change: ComponentOverride): Component {
  const { type = '' } = change;
  if (type === '' || type === component.type) return mergeComponent(component, change);
  return mergeComponent({ name: component.name, type }, change);
}

function mergeComponent(component: Component, change: ComponentOverride): Component {
  const traits = (change.traits ?? []).reduce(mergeTrait, component.traits ?? []);
  return {
    ...component,
    ...(change.properties && { properties: mergeObjects(component.properties ?? {}, change.properties) }),
    ...((component.traits ?? change.traits) && { traits }),
  };
}

function mergeTrait(traits: readonly Trait[], change: TraitOverride): readonly Trait[] {
  if (change.disable) return traits.filter((t) => t.type !== change.type);
  const { type, properties } = change;
  if (!traits.some((t) => t.type === type)) return [...traits, { type, ...(properties && { properties }) }];
  return traits.map((t) =>
    t.type === type && properties ? { ...t, properties: mergeObjects(t.properties ?? {}, properties) } : t,
  );
}

function mergeObjects(base: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, Json | undefined> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    const old = result[key];
    result[key] = isObject(old) && isObject(value) ? mergeObjects(old, value) : value;
  }
  return result;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
