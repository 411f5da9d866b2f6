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
    const matching = result.filter((c) => matches(c, change));
    if (matching.length > 0) result = result.map((c) => (matching.includes(c) ? mergeComponent(c, change) : c));
    else if (change.name !== undefined && change.type !== undefined && !hasWildcard(change.name)) {
      result.push(mergeComponent({ name: change.name, type: change.type }, change));
    }
  }
  const { selector } = override;
  return selector ? result.filter((c) => selector.some((pattern) => matchesPattern(c.name, pattern))) : result;
}

const hasWildcard = (pattern: string): boolean => pattern.includes('*');

function matchesPattern(text: string, pattern: string): boolean {
  if (!hasWildcard(pattern)) return text === pattern;
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}

function matches(component: Component, change: ComponentOverride): boolean {
  if (change.name !== undefined && change.name !== '' && !matchesPattern(component.name, change.name)) return false;
  return change.type === undefined || change.type === '' || change.type === component.type;
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
