import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';

/**
 * A Secret with its `stringData` in `data`, as the API server stores it. Server-side apply would own the keys of `stringData`
 * alone, and leave those that are dropped later in `data` for ever.
 */
export function withEncodedData(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object as KubeObject & { readonly stringData?: JsonObject | null };
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1' || !stringData) return object;
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(typeof text === 'string' ? text : JSON.stringify(text)).toString('base64'),
  ]);
  const data = { ...(object['data'] as JsonObject | undefined), ...(Object.fromEntries(encoded) as JsonObject) };
  return { ...rest, data };
}
