import type { JsonObject, KubeObject } from '../../../../../machinery/src/meta.ts';
import type { RenderedConfig } from './config-template.ts';

/** The label of the Secrets that are configs. */
export const catalog = { 'config.oam.dev/catalog': 'velacore-config' };
export const typeLabel = 'config.oam.dev/type';
export const inputKey = 'input-properties';
export const sensitiveKey = 'config.oam.dev/sensitive';

/** The Secret of a config: as its template makes it, with the properties beside. */
export function configSecret(
  target: { readonly name: string; readonly namespace: string },
  config: JsonObject,
  made: RenderedConfig | undefined,
  { alias = '', description = '' }: { readonly alias?: string; readonly description?: string } = {},
): KubeObject {
  const { secret, objects = [], template } = made ?? {};
  const marks = marksOf(made);
  const references = objects.map(({ apiVersion, kind, metadata: { name, namespace = target.namespace } }) => ({
    kind,
    namespace,
    name,
    apiVersion,
  }));
  const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...target,
      ...(secret?.metadata.name !== undefined && { name: secret.metadata.name }),
      labels: { ...secret?.metadata.labels, ...catalog, ...marks.labels },
      annotations: {
        ...secret?.metadata.annotations,
        'config.oam.dev/alias': alias,
        'config.oam.dev/description': description,
        ...marks.annotations,
      },
    },
    type: secret?.['type'] ?? (template ? `/${template.name}` : 'Opaque'),
    ...(secret?.['stringData'] !== undefined && { stringData: secret['stringData'] }),
    data: {
      ...(secret?.['data'] as JsonObject | undefined),
      ...(references.length > 0 && { 'objects-reference': base64(references) }),
      [inputKey]: base64(config),
    },
  };
}

/** The labels and annotations that name the template of a config. */
function marksOf(made: RenderedConfig | undefined) {
  if (!made) return { labels: { [typeLabel]: '' }, annotations: {} };
  const { template, scope, isSensitive } = made;
  return {
    labels: { [typeLabel]: template.name, 'config.oam.dev/scope': scope },
    annotations: { [sensitiveKey]: String(isSensitive), 'config.oam.dev/template-namespace': template.namespace },
  };
}

export const isConfig = (secret: KubeObject): boolean =>
  Object.entries(catalog).every(([key, value]) => secret.metadata.labels?.[key] === value);

/** Undefined when it is not JSON, as in a Secret that another program wrote. */
export function contentOf(secret: KubeObject): JsonObject | undefined {
  const { [inputKey]: text = '' } = (secret['data'] ?? {}) as Readonly<Record<string, string>>;
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as JsonObject;
  } catch {
    return undefined;
  }
}
