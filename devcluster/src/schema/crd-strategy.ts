import { at, child, recordsOf, textOf } from '../contract/json.ts';
import type { KindStrategy, MutableObject } from '../contract/strategy.ts';
import { deepEqual } from '../../../machinery/src/patch/equality.ts';
import { validateDefinition, validateDefinitionUpdate } from './crd-validation.ts';

/** What is special about CustomResourceDefinitions as objects; serving what they define is not done here. */
export const definitionStrategy: KindStrategy = {
  default(object) {
    const spec = child(object, 'spec');
    const names = child(spec, 'names');
    const kind = textOf(names['kind']);
    if (kind !== '') {
      names['singular'] ??= kind.toLowerCase();
      names['listKind'] ??= `${kind}List`;
    }
    spec['conversion'] ??= { strategy: 'None' };
    const service = at(spec, 'conversion', 'webhook', 'clientConfig')['service'];
    if (typeof service === 'object' && service !== null) Object.assign(service, { port: 443, ...service });
    if (spec['preserveUnknownFields'] === false) delete spec['preserveUnknownFields'];
  },
  prepareForCreate(object) {
    object['status'] = { conditions: null, acceptedNames: { plural: '', kind: '' } };
    addStoredVersion(object);
  },
  prepareForUpdate(object, old) {
    object['status'] = structuredClone(old['status'] ?? {});
    addStoredVersion(object);
  },
  validate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
  changesGeneration: (object, old) => !deepEqual(object['spec'], old['spec']),
};

function addStoredVersion(object: MutableObject): void {
  const storage = recordsOf(at(object, 'spec')['versions']).find((version) => version['storage'] === true);
  const status = child(object, 'status');
  const stored = Array.isArray(status['storedVersions']) ? (status['storedVersions'] as unknown[]) : [];
  const name = textOf(storage?.['name']);
  status['storedVersions'] = name === '' || stored.includes(name) ? stored : [...stored, name];
}
