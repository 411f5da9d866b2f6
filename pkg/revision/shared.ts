import type { ApplicationRevision, ApplicationRevisionSpec } from '../apis/application-revision.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { sameTyped } from './hash.ts';

const definitionMaps = [
  'componentDefinitions',
  'traitDefinitions',
  'workflowStepDefinitions',
  'policyDefinitions',
] as const;

/**
 * The revision with the objects of another content in the place of equal ones: thousands of Applications use the same
 * definitions, and each is held once, in the cache of definitions.
 */
export function sharedRevision(revision: ApplicationRevision, content: ApplicationRevisionSpec): ApplicationRevision {
  const { spec } = revision;
  const maps = definitionMaps.flatMap((field) => {
    const stored: Definitions | undefined = spec[field];
    return stored ? [[field, withShared(stored, content[field] ?? {})] as const] : [];
  });
  return { ...revision, spec: { ...spec, ...(Object.fromEntries(maps) as Partial<ApplicationRevisionSpec>) } };
}

type Definitions = Readonly<Record<string, KubeObject>>;

function withShared(stored: Definitions, present: Definitions): Definitions {
  return Object.fromEntries(
    Object.entries(stored).map(([name, definition]) => {
      const spec = present[name]?.['spec'];
      return [name, spec !== undefined && sameTyped(definition['spec'], spec) ? { ...definition, spec } : definition];
    }),
  );
}
