import type { AppPolicy } from '../apis/application.ts';
import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import { suggestion } from '../apis/suggest.ts';
import { oamTypes } from './resource-policy.ts';

/** What a field of a policy may be. A list of texts is open, a list of values is closed. */
type Shape =
  | 'boolean'
  | 'number'
  | 'text'
  | 'texts'
  | 'anything'
  | { readonly values: readonly string[]; readonly ignoresCase?: boolean }
  | { readonly listOf: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> };

const oneOf = (...values: string[]): Shape => ({ values });
const fields = (of: Readonly<Record<string, Shape>>): Shape => ({ fields: of });

const selector = fields({
  componentNames: 'texts',
  componentTypes: 'texts',
  oamTypes: { listOf: { values: oamTypes, ignoresCase: true } },
  traitTypes: 'texts',
  resourceTypes: 'texts',
  resourceNames: 'texts',
});

const rules = (more: Readonly<Record<string, Shape>> = {}): Shape => ({ listOf: fields({ selector, ...more }) });

const trait = fields({ type: 'text', properties: 'anything', disable: 'boolean' });
const component = fields({
  name: 'text',
  type: 'text',
  properties: 'anything',
  traits: { listOf: trait },
  externalRevision: 'text',
});

/** The fields of the policies that decide what is delivered, where, and how it is kept and collected. */
const shapes: Readonly<Record<string, Shape>> = {
  'garbage-collect': fields({
    applicationRevisionLimit: 'number',
    keepLegacyResource: 'boolean',
    continueOnFailure: 'boolean',
    order: oneOf('dependency', ''),
    rules: rules({
      strategy: oneOf('onAppUpdate', 'onAppDelete', 'never', ''),
      propagation: oneOf('orphan', 'cascading'),
    }),
  }),
  'apply-once': fields({
    enable: 'boolean',
    rules: rules({ strategy: fields({ affect: oneOf('onUpdate', 'onStateKeep', 'always', ''), path: 'texts' }) }),
  }),
  'resource-update': fields({
    rules: rules({ strategy: fields({ op: oneOf('patch', 'replace', ''), recreateFields: 'texts' }) }),
  }),
  'shared-resource': fields({ rules: rules() }),
  'take-over': fields({ rules: rules() }),
  'read-only': fields({ rules: rules() }),
  topology: fields({
    clusters: 'texts',
    clusterLabelSelector: 'anything',
    clusterSelector: 'anything',
    allowEmpty: 'boolean',
    namespace: 'text',
  }),
  override: fields({ components: { listOf: component }, selector: 'texts' }),
  replication: fields({ keys: 'texts', selector: 'texts' }),
};

/** Every field and value of a policy that means nothing, with the one that may have been meant. */
export function ruleProblems({ name, type, properties }: AppPolicy & { readonly name: string }): readonly string[] {
  const shape = Object.hasOwn(shapes, type) ? shapes[type] : undefined;
  if (!shape || properties === undefined) return [];
  return problemsOf(properties, shape, '').map((problem) => `policy "${name}": ${problem}`);
}

function problemsOf(value: Json | undefined, shape: Shape, path: string): readonly string[] {
  if (value === undefined || value === null || shape === 'anything') return [];
  if (shape === 'texts') return problemsOf(value, { listOf: 'text' }, path);
  if (shape === 'text')
    return typeof value === 'string' ? [] : [`${path} must be a text, not ${JSON.stringify(value)}`];
  if (shape === 'boolean' || shape === 'number')
    return typeof value === shape ? [] : [`${path} must be a ${shape}, not ${JSON.stringify(value)}`];
  if ('values' in shape) return valueProblems(value, shape, path);
  if ('listOf' in shape) {
    if (!Array.isArray(value)) return [`${path} must be a list`];
    return (value as readonly Json[]).flatMap((item, i) => problemsOf(item, shape.listOf, `${path}[${i}]`));
  }
  if (typeof value !== 'object' || Array.isArray(value)) return [`${path} must be an object`];
  return Object.entries(value as JsonObject).flatMap(([key, item]) => {
    const inner = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
    const at = path === '' ? key : `${path}.${key}`;
    if (!inner) return [`${at} is not a field of it${suggestion(key, Object.keys(shape.fields))}`];
    return problemsOf(item, inner, at);
  });
}

function valueProblems(
  value: Json,
  { values, ignoresCase = false }: { readonly values: readonly string[]; readonly ignoresCase?: boolean },
  path: string,
): readonly string[] {
  const folded = (text: string): string => (ignoresCase ? text.toLowerCase() : text);
  if (typeof value === 'string' && values.some((one) => folded(one) === folded(value))) return [];
  const known = values.filter((one) => one !== '');
  const hint = typeof value === 'string' ? suggestion(folded(value), known.map(folded)) : '';
  return [`${path} must be one of ${known.join(', ')}, not ${JSON.stringify(value)}${hint}`];
}
