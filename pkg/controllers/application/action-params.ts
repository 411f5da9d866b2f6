import type { JsonObject } from '../../apis/meta.ts';

/** A parameter of an action that is text; empty when it is absent or something else. */
export function textParam(params: JsonObject, name: string): string {
  const value = params[name];
  return typeof value === 'string' ? value : '';
}
