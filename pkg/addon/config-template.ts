import type { KubeObject } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../apis/names.ts';
import type { ConfigTemplate } from '../render/cue/config-template.ts';
import { dumpYaml } from '../render/yaml.ts';

/** Every template may read these fields of `context`. */
const contextFields = '\n\n\tcontext: {\n\t\tname: string\n\t\tnamespace: string\n\t}\n';

/** The ConfigMap that holds a config template, as KubeVela's CLI reads it. */
export function configTemplateObject(text: string, { metadata, schema }: ConfigTemplate): KubeObject {
  const { name, alias, scope, sensitive } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `config-template-${textOf(name)}`,
      namespace: systemNamespace,
      labels: { 'config.oam.dev/catalog': 'velacore-config', 'config.oam.dev/scope': textOf(scope) },
      annotations: {
        'config.oam.dev/description': '',
        'config.oam.dev/alias': textOf(alias),
        'config.oam.dev/sensitive': String(sensitive === true),
      },
    },
    data: {
      template: text + contextFields,
      schema: dumpYaml(sorted(schema)),
      'expanded-writer': dumpYaml({ nacos: null }),
    },
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** With its keys in alphabetical order at every depth. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
