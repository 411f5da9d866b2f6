import type { Json, JsonObject, KubeObject } from '../../../../../machinery/src/meta.ts';
import { isMap } from '../../../../../machinery/src/patch/json.ts';
import type { ActionResult } from '../../../../render/step.ts';

/** A parameter of an action that is text; empty when it is absent or something else. */
export function textParam(params: JsonObject, name: string): string {
  const value = params[name];
  return typeof value === 'string' ? value : '';
}

/** A parameter of an action that is an object; empty when it is absent or something else. */
export function objectParam(params: JsonObject, name: string): JsonObject {
  const value = params[name];
  return isMap(value) ? value : {};
}

/** The texts of a list. */
export const textList = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter((item) => typeof item === 'string') : [];

export const returned = (returns: object): ActionResult => ({ kind: 'returned', returns: returns as JsonObject });

/** A failure that trying again does not mend. */
export const wrongTemplate = (message: string): ActionResult => ({ kind: 'failed', message });

/** An object with what identifies it, as templates write it. */
export interface WrittenObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: KubeObject['metadata'];
}

export function writtenObject(value: Json | undefined): WrittenObject | undefined {
  if (!isMap(value)) return undefined;
  const { apiVersion, kind, metadata } = value;
  return typeof apiVersion === 'string' && typeof kind === 'string' && isMap(metadata)
    ? (value as unknown as WrittenObject)
    : undefined;
}

export const incomplete: ActionResult = wrongTemplate('value needs apiVersion, kind and metadata');
