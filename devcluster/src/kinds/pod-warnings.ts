import type { KubeObject } from '../../../machinery/src/meta.ts';
import { at, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';

/** What is allowed but surely not meant. */
export function podWarnings(spec: JsonRecord, field: string): string[] {
  return ['containers', 'initContainers'].flatMap((list) =>
    recordsOf(spec[list]).flatMap((container, i) => {
      const seen = new Set<string>();
      return recordsOf(container['env']).flatMap((variable, j) => {
        const name = stringOf(variable['name']);
        const again = seen.has(name);
        seen.add(name);
        const at = `${field}.${list}[${i}].env[${j}]`;
        return again ? [`${at}: hides previous definition of "${name}", which may be dropped when using apply`] : [];
      });
    }),
  );
}

/** The same for an object with a pod template. */
export function templateWarnings(object: KubeObject): string[] {
  return podWarnings(at(object, 'spec', 'template', 'spec'), 'spec.template.spec');
}
