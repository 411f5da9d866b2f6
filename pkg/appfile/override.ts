import type { Component, Trait } from '../apis/application.ts';
import type { Json, JsonObject } from '../../machinery/src/meta.ts';

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

const isName = (pattern: string): boolean => /^[a-z0-9.-]+$/.test(pattern);

/** A pattern is a regular expression of the whole name, in which `*` stands for any text; a wrong one matches nothing. */
function matchesPattern(text: string, pattern: string): boolean {
  if (isName(pattern)) return text === pattern;
  try {
    return new RegExp(`^(?:${pattern.replaceAll('*', '.*')})$`).test(text);
  } catch {
    return false;
  }
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
