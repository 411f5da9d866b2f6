import type { Application } from '../../pkg/apis/application.ts';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { annotations } from '../../pkg/apis/names.ts';
import { isMap } from '../../machinery/src/patch/json.ts';
import { loadYamlDocuments } from '../../pkg/render/yaml.ts';

/**
 * The paths at which two lists of objects differ, in YAML. The order of objects, the publish version, the format of CUE and
 * of YAML inside of texts, and the component that creates a namespace make no difference.
 */
export function differences(wanted: string, got: string): readonly string[] {
  const [left, right] = [byName(wanted), byName(got)];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  return names.flatMap((name) => {
    if (!left.has(name)) return [`${name}: too many`];
    if (!right.has(name)) return [`${name}: missing`];
    return unequal(name, left.get(name), right.get(name));
  });
}

function byName(text: string): ReadonlyMap<string, unknown> {
  const objects = loadYamlDocuments(text).filter((document) => document !== null) as KubeObject[];
  return new Map(objects.map((object) => [`${object.kind}/${object.metadata.name ?? ''}`, comparable(object)]));
}

function comparable(object: KubeObject): unknown {
  const { metadata, status: _, ...rest } = object;
  const own = Object.entries(metadata.annotations ?? {}).filter(([key]) => key !== annotations.publishVersion);
  const notes = own.map(([key, value]) => [key, key.startsWith('addon.oam.dev/') ? inOrder(value) : value]);
  const plain = {
    name: metadata.name,
    namespace: metadata.namespace,
    labels: metadata.labels ?? {},
    annotations: Object.fromEntries(notes) as unknown,
  };
  return { ...(object.kind === 'Application' ? withNamespaces(object as Application) : rest), metadata: plain };
}

const inOrder = (list: string): string => list.split(',').sort().join(',');

function withNamespaces({ spec }: Application): JsonObject {
  const components = spec.components.map((component) =>
    component.type === 'raw' && component.name.endsWith('-namespace')
      ? { ...component, type: 'k8s-objects', properties: { objects: [component.properties] } }
      : component,
  );
  return { spec: { ...spec, components } } as unknown as JsonObject;
}

function unequal(path: string, left: unknown, right: unknown): readonly string[] {
  if (isMap(left) && isMap(right)) {
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return keys.flatMap((key) => unequal(`${path}.${key}`, left[key], right[key]));
  }
  if (Array.isArray(left) && Array.isArray(right) && left.length === right.length)
    return left.flatMap((item, i) => unequal(`${path}[${i}]`, item, right[i]));
  return isSame(path, left, right) ? [] : [path];
}

function isSame(path: string, left: unknown, right: unknown): boolean {
  if (typeof left !== 'string' || typeof right !== 'string') return JSON.stringify(left) === JSON.stringify(right);
  if (left === right) return true;
  if (path.endsWith('.data.schema'))
    return unequal('', loadYamlDocuments(left)[0], loadYamlDocuments(right)[0]).length === 0;
  return isCue(path) && tokens(left) === tokens(right);
}

const isCue = (path: string): boolean => /\.(template|healthPolicy|customStatus|details)$/.test(path);

/** The text without what a formatter changes. */
const tokens = (cue: string): string => cue.replace(/\bimport\b|[\s{}(),]/g, '');
