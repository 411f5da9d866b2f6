import type { KubeObject } from '../../machinery/src/meta.ts';

type Definitions<T> = Readonly<Record<string, T>>;

/** `webservice` of `webservice@v1`. */
const nameOf = (type: string): string => type.split('@')[0] ?? type;

/**
 * Definitions by their names, as KubeVela stores them in a revision, instead of by the types that use them. Several versions of
 * one definition stay apart: each is stored by its type.
 */
export function byDefinitionName<T extends KubeObject>(definitions: Definitions<T>): Definitions<T> {
  const types = Object.keys(definitions);
  const isAlone = (type: string): boolean => types.filter((other) => nameOf(other) === nameOf(type)).length === 1;
  return Object.fromEntries(
    Object.entries(definitions).map(([type, definition]) => [isAlone(type) ? nameOf(type) : type, definition]),
  );
}

/** The definition of a type in a revision. */
export const definitionFor = <T>(definitions: Definitions<T> | undefined, type: string): T | undefined =>
  definitions?.[type] ?? definitions?.[nameOf(type)];
