import type { KubeObject } from '../../../machinery/src/meta.ts';
import { badRequest } from '../contract/errors.ts';

/** undefined stands for everything. */
export type FieldMatcher = ((object: KubeObject) => boolean) | undefined;

interface Term {
  readonly path: string;
  readonly value: string;
  readonly negated: boolean;
}

/** A parsed field selector; `name` and `namespace` are set when it asks for just one. */
export interface FieldSelector {
  readonly matches: FieldMatcher;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
}

const objectReference = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

/** The fields that lists and watches of a kind can select by, besides its name and namespace. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  '/pods': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
  ],
  '/events': [
    ...objectReference.map((field) => `involvedObject.${field}`),
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  'events.k8s.io/events': [
    ...objectReference.map((field) => `regarding.${field}`),
    'reason',
    'reportingController',
    'type',
  ],
  '/namespaces': ['status.phase'],
  '/nodes': ['spec.unschedulable'],
  '/secrets': ['type'],
  '/services': ['spec.clusterIP', 'spec.type'],
  '/replicationcontrollers': ['status.replicas'],
  'batch/jobs': ['status.successful'],
  'certificates.k8s.io/certificatesigningrequests': ['spec.signerName'],
  'resource.k8s.io/resourceslices': ['spec.driver', 'spec.nodeName'],
};

const everywhere = ['metadata.name', 'metadata.namespace'];

/** Parses a field selector for a kind; `custom` are the selectable fields that a custom kind declares. */
export function parseFieldSelector(
  text: string | undefined,
  resource: { readonly group: string; readonly plural: string; readonly namespaced: boolean },
  custom: readonly string[] = [],
): FieldSelector {
  if (text === undefined || text === '') return { matches: undefined, name: undefined, namespace: undefined };
  const own = selectable[`${resource.group}/${resource.plural}`] ?? custom;
  const terms = split(text);
  for (const { path } of terms) {
    if (everywhere.includes(path) || own.includes(path)) continue;
    const known = everywhere.map((field) => `"${field}"`).join(', ');
    if (resource.plural === 'jobs') throw badRequest(`field label "${path}" not supported for Job`);
    if (own.length > 0) throw badRequest(`field label not supported: ${path}`);
    throw badRequest(`"${path}" is not a known field selector: only ${known}`);
  }
  const exactly = (path: string): string | undefined =>
    terms.find((term) => term.path === path && !term.negated && term.value !== '')?.value;
  return {
    matches: (object) => terms.every((term) => (fieldOf(object, term.path) === term.value) !== term.negated),
    name: exactly('metadata.name'),
    namespace: resource.namespaced ? exactly('metadata.namespace') : undefined,
  };
}

function split(text: string): Term[] {
  return text
    .split(/(?<!(?<!\\)(?:\\\\)*\\),/)
    .sort()
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^(.*?)(!=|==|=)(.*)$/s.exec(part);
      if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
      const [, path = '', operator, value = ''] = match;
      return { path, value: unescaped(value), negated: operator === '!=' };
    });
}

/** A value without the backslashes before `\\`, `,` and `=`, which must not stand without one. */
function unescaped(value: string): string {
  return value.replace(/\\([\s\S]?)|[,=]/g, (found, escaped: string | undefined) => {
    if (escaped === undefined)
      throw badRequest(`invalid field selector: unescaped character in value: ${found.charCodeAt(0)}`);
    if (!['\\', ',', '='].includes(escaped))
      throw badRequest(`invalid field selector: invalid escape sequence: ${found}`);
    return escaped;
  });
}

/** The value of a field as selectors compare it: text, empty when it is not there. */
function fieldOf(object: KubeObject, path: string): string {
  if (path === 'reportingComponent' || path === 'reportingController') return textAt(object, path);
  if (path === 'source') return textAt(object, 'source.component') || textAt(object, 'reportingComponent');
  if (path === 'spec.unschedulable' || path === 'spec.hostNetwork') return textAt(object, path) || 'false';
  if (path === 'status.successful') return textAt(object, 'status.succeeded') || '0';
  if (path === 'status.replicas') return textAt(object, path) || '0';
  if (path === 'status.podIPs') return textAt(object, 'status.podIPs.0.ip');
  return textAt(object, path);
}

function textAt(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return '';
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
