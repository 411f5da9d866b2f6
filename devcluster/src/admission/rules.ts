import { recordOf, recordsOf, textOf, type JsonRecord } from '../contract/json.ts';
import { selectorMatches } from '../kinds/label-selector.ts';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import type { AdmissionRequest } from '../contract/admission.ts';

/** What rules are compared with: the resource, perhaps in another version than the request's, and what is done to it. */
interface Operation {
  readonly operation: string;
  readonly resource: Resource;
  readonly subresource: string;
  readonly name: string;
}

/** Whether one rule of a webhook or policy covers an operation. */
function ruleMatches(rule: JsonRecord, { operation, resource, subresource, name }: Operation): boolean {
  const has = (key: string, value: string) => {
    const list = rule[key];
    return Array.isArray(list) && (list.includes('*') || list.includes(value));
  };
  const names: unknown[] = Array.isArray(rule['resourceNames']) ? rule['resourceNames'] : [];
  return (
    has('apiGroups', resource.group) &&
    has('apiVersions', resource.version) &&
    has('operations', operation) &&
    scopeMatches(textOf(rule['scope'], '*'), resource) &&
    coversResource(rule['resources'], resource.plural, subresource) &&
    (names.length === 0 || names.includes(name))
  );
}

function scopeMatches(scope: string, { namespaced }: Resource): boolean {
  if (scope === 'Namespaced') return namespaced;
  return scope !== 'Cluster' || !namespaced;
}

function coversResource(resources: unknown, plural: string, subresource: string): boolean {
  if (!Array.isArray(resources)) return false;
  return (resources as unknown[]).some((pattern) => {
    const [wantedResource = '', wantedSubresource = ''] = textOf(pattern).split('/');
    const isSubresource = wantedSubresource === subresource || wantedSubresource === '*';
    return (wantedResource === '*' || wantedResource === plural) && isSubresource;
  });
}

/**
 * The resource by which rules cover a request: its own, or with `matchPolicy: Equivalent` the first other version of it
 * that a rule covers. Undefined when none does.
 */
export function matchedResource(
  rules: {
    readonly include: readonly JsonRecord[];
    readonly exclude: readonly JsonRecord[];
    readonly isEquivalent: boolean;
  },
  request: AdmissionRequest,
  equivalents: (resource: Resource) => readonly Resource[],
): Resource | undefined {
  const { include, exclude, isEquivalent } = rules;
  const covers = (list: readonly JsonRecord[], resource: Resource) =>
    list.some((rule) => ruleMatches(rule, { ...request, resource }));
  const candidates = isEquivalent ? [request.resource, ...equivalents(request.resource)] : [request.resource];
  if (candidates.some((resource) => covers(exclude, resource))) return undefined;
  return candidates.find((resource) => covers(include, resource));
}

/** Whether the object, as it is or as it was, carries labels that a selector asks for. */
export function objectMatches(selector: unknown, { object, oldObject }: AdmissionRequest): boolean {
  if (isEverything(selector)) return true;
  return [object, oldObject].some(
    (of) => of !== undefined && selectorMatches(recordOf(selector), recordOf(of.metadata.labels)),
  );
}

/**
 * Whether the request's namespace carries labels that a selector asks for. A namespace counts with its own labels, and
 * whatever lies in no namespace always matches.
 */
export function namespaceMatches(
  selector: unknown,
  request: AdmissionRequest,
  namespaceOf: (name: string) => KubeObject | undefined,
): boolean {
  if (isEverything(selector)) return true;
  const { resource, namespace, object, oldObject } = request;
  if (resource.group === '' && resource.plural === 'namespaces') {
    const self = object ?? oldObject;
    return selectorMatches(recordOf(selector), recordOf(self?.metadata.labels));
  }
  if (namespace === undefined || namespace === '') return true;
  return selectorMatches(recordOf(selector), recordOf(namespaceOf(namespace)?.metadata.labels));
}

function isEverything(selector: unknown): boolean {
  const { matchLabels, matchExpressions } = recordOf(selector);
  return Object.keys(recordOf(matchLabels)).length === 0 && recordsOf(matchExpressions).length === 0;
}

const configurations = new Set([
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
]);

/** Whether the request is about the rules themselves, which must not block their own repair. */
export function isExempt({ resource }: AdmissionRequest): boolean {
  return resource.group === 'admissionregistration.k8s.io' && configurations.has(resource.plural);
}
