import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { at, recordOf, recordsOf, textOf, type JsonRecord } from '../contract/json.ts';
import { selectorMatches } from '../kinds/label-selector.ts';
import type { AdmissionRequest } from '../contract/admission.ts';
import { matchedResource, namespaceMatches, objectMatches } from './rules.ts';
import type { AdmissionSurroundings } from './webhooks.ts';

/** The collection of the parameter objects of policies; undefined for an unknown kind. */
export type FindParams = (
  apiVersion: string,
  kind: string,
) =>
  | {
      readonly namespaced: boolean;
      /** Those of a namespace, or of a cluster-scoped kind; the one of that name where there is a name. */
      find(namespace: string | undefined, name: string | undefined): readonly KubeObject[];
    }
  | undefined;

export interface PolicySurroundings extends AdmissionSurroundings {
  readonly findParams: FindParams;
  /** Takes audit annotations of a request; nowhere by default. */
  readonly audit?: (request: AdmissionRequest, key: string, value: string) => void;
}

/** A policy and a binding that both cover a request. */
export interface Bound {
  readonly policy: KubeObject;
  readonly binding: KubeObject;
  readonly matched: Resource;
}

/** Every policy of a kind with each of its bindings that covers the request, by name. */
export function boundPolicies(
  plurals: { readonly policies: string; readonly bindings: string },
  request: AdmissionRequest,
  around: PolicySurroundings,
): Bound[] {
  const group = 'admissionregistration.k8s.io';
  const policies = byName(around.list(group, plurals.policies));
  if (policies.length === 0) return [];
  const bindings = byName(around.list(group, plurals.bindings));
  return policies.flatMap((policy) => {
    const own = bindings.filter((binding) => at(binding, 'spec')['policyName'] === policy.metadata.name);
    if (own.length === 0) return [];
    const matched = constraintsMatch(at(policy, 'spec', 'matchConstraints'), request, around);
    if (!matched) return [];
    return own
      .filter((binding) => bindingMatches(binding, request, around))
      .map((binding) => ({ policy, binding, matched }));
  });
}

function byName(objects: readonly KubeObject[]): KubeObject[] {
  return [...objects].sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
}

function constraintsMatch(
  constraints: JsonRecord,
  request: AdmissionRequest,
  around: AdmissionSurroundings,
): Resource | undefined {
  const rules = {
    include: recordsOf(constraints['resourceRules']),
    exclude: recordsOf(constraints['excludeResourceRules']),
    isEquivalent: constraints['matchPolicy'] !== 'Exact',
  };
  if (!namespaceMatches(constraints['namespaceSelector'], request, around.namespace)) return undefined;
  if (!objectMatches(constraints['objectSelector'], request)) return undefined;
  return matchedResource(rules, request, around.equivalents);
}

/** A binding without rules covers what its policy does. */
function bindingMatches(binding: KubeObject, request: AdmissionRequest, around: AdmissionSurroundings): boolean {
  const resources = recordOf(at(binding, 'spec')['matchResources']);
  const all = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*', '*/*'] };
  const include = recordsOf(resources['resourceRules']);
  return (
    constraintsMatch({ ...resources, resourceRules: include.length === 0 ? [all] : include }, request, around) !==
    undefined
  );
}

export type Params =
  | { readonly ok: true; readonly params: readonly (KubeObject | undefined)[] }
  | { readonly ok: false; readonly message: string };

/** The parameters with which a policy is to be evaluated for a binding: one evaluation each; none when it may be skipped. */
export function paramsOf({ policy, binding }: Bound, request: AdmissionRequest, find: FindParams): Params {
  const kind = at(policy, 'spec')['paramKind'];
  const reference = at(binding, 'spec')['paramRef'];
  if (kind === undefined || reference === undefined) return { ok: true, params: [undefined] };
  const { apiVersion, kind: name } = recordOf(kind);
  const source = find(textOf(apiVersion), textOf(name));
  if (!source)
    return {
      ok: false,
      message: `failed to configure policy: failed to find resource referenced by paramKind: '${textOf(apiVersion)}, Kind=${textOf(name)}'`,
    };
  const ref = recordOf(reference);
  const namespace = source.namespaced ? textOf(ref['namespace'], request.namespace ?? '') : undefined;
  if (namespace === '')
    return {
      ok: false,
      message:
        'failed to configure binding: cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
    };
  if (!source.namespaced && textOf(ref['namespace']) !== '')
    return {
      ok: false,
      message: 'failed to configure binding: paramRef.namespace must not be provided for a cluster-scoped `paramKind`',
    };
  const params = referred(ref, (name) => source.find(namespace, name));
  if (params.length > 0) return { ok: true, params };
  if (ref['parameterNotFoundAction'] === 'Allow') return { ok: true, params: [] };
  return {
    ok: false,
    message: 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
  };
}

function referred(
  reference: JsonRecord,
  find: (name: string | undefined) => readonly KubeObject[],
): readonly KubeObject[] {
  const name = textOf(reference['name']);
  if (name !== '') return find(name);
  const selector = recordOf(reference['selector']);
  return find(undefined).filter(({ metadata }) => selectorMatches(selector, recordOf(metadata.labels)));
}
