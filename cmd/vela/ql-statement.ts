import type { Json, JsonObject } from '../../machinery/src/meta.ts';

/** A query as it is written: `view{key=value, key="value"}.field`. */
export interface Statement {
  readonly view: string;
  readonly parameter: JsonObject;
  readonly exported: string;
}

const form = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\{([^{}]*)\})?(?:\.([\w.[\]]+))?$/;

/** Undefined where a text is no query. Without a field it is that of `status`. */
export function parseStatement(text: string): Statement | undefined {
  const [, view, pairs = '', exported = 'status'] = form.exec(text.trim()) ?? [];
  if (view === undefined) return undefined;
  const entries = pairs
    .split(',')
    .filter((pair) => pair.trim() !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at < 1 ? undefined : ([pair.slice(0, at).trim(), valueOf(pair.slice(at + 1).trim())] as const);
    });
  if (entries.includes(undefined)) return undefined;
  return { view, parameter: Object.fromEntries(entries.filter((entry) => entry !== undefined)), exported };
}

/** Numbers and truths are such unless they are in quotes. */
function valueOf(text: string): Json {
  if (/^(true|false|-?\d+(\.\d+)?)$/.test(text)) return JSON.parse(text) as Json;
  return text.replace(/^"(.*)"$/, '$1');
}
