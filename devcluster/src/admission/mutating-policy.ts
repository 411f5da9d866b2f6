import type { Json, KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { apiVersionOf } from '../../../machinery/src/meta.ts';
import { deepEqual } from '../../../machinery/src/patch/equality.ts';
import { applyJsonPatch } from '../../../machinery/src/patch/json-patch.ts';
import { isMap } from '../../../machinery/src/patch/json.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { typingProblems } from '../../../machinery/src/patch/typed-check.ts';
import { mergeTyped } from '../../../machinery/src/patch/typed-merge.ts';
import { fromCel } from '../cel/values.ts';
import { at, recordsOf, textOf, type JsonRecord } from '../contract/json.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../contract/admission.ts';
import { compileExpression, conditionsHold, explain, type Variables } from './expressions.ts';
import { boundPolicies, paramsOf, type Bound, type PolicySurroundings } from './policy-match.ts';
import { policyVariables } from './policy-variables.ts';
import { refusal } from './policy.ts';
import { isExempt } from './rules.ts';
import { inVersion } from './request-view.ts';

const plurals = { policies: 'mutatingadmissionpolicies', bindings: 'mutatingadmissionpolicybindings' };

export interface MutatingSurroundings extends PolicySurroundings {
  readonly schemaFor: (resource: Resource) => Schema | undefined;
}

/** Applies MutatingAdmissionPolicies through their bindings, by name, each seeing what those before it left. */
export class MutatingPolicies implements AdmissionPlugin {
  readonly #around: MutatingSurroundings;

  constructor(around: MutatingSurroundings) {
    this.#around = around;
  }

  mutate(request: AdmissionRequest): KubeObject | undefined {
    if (isExempt(request) || request.object === undefined) return request.object;
    let { object } = request;
    const applied: { bound: Bound; left: KubeObject }[] = [];
    for (const bound of boundPolicies(plurals, request, this.#around)) {
      object = this.#apply(bound, { ...request, object }) ?? object;
      applied.push({ bound, left: object });
    }
    for (const { bound, left } of applied) {
      if (at(bound.policy, 'spec')['reinvocationPolicy'] !== 'IfNeeded' || deepEqual(left, object)) continue;
      object = this.#apply(bound, { ...request, object }) ?? object;
    }
    return object;
  }

  /** The object with all mutations of a policy; the given one when it does not match or fails and may. */
  #apply(bound: Bound, request: AdmissionRequest): KubeObject | undefined {
    try {
      const found = paramsOf(bound, request, this.#around.findParams);
      if (!found.ok) throw new Error(found.message);
      return found.params.reduce(
        (object, params) => this.#mutate(bound, { ...request, object }, params),
        request.object,
      );
    } catch (error) {
      if (at(bound.policy, 'spec')['failurePolicy'] === 'Ignore') return request.object;
      const { policy, binding } = bound;
      const name = `policy '${policy.metadata.name ?? ''}' with binding '${binding.metadata.name ?? ''}'`;
      throw refusal(request, `${name} denied request: ${explain(error)}`, '');
    }
  }

  #mutate(bound: Bound, request: AdmissionRequest, params: KubeObject | undefined): KubeObject | undefined {
    const spec = at(bound.policy, 'spec');
    const conditions = conditionsHold(spec['matchConditions'], () =>
      policyVariables(bound, request, params, this.#around),
    );
    if (conditions.matches === 'error') throw new Error(conditions.message);
    if (!conditions.matches) return request.object;
    return recordsOf(spec['mutations']).reduce<KubeObject | undefined>((object, mutation) => {
      if (object === undefined) return undefined;
      const current = { ...request, object };
      const variables = policyVariables(bound, current, params, this.#around);
      return this.#patched(mutation, { bound, request: current, variables, object });
    }, request.object);
  }

  #patched(
    mutation: JsonRecord,
    {
      bound,
      request,
      variables,
      object,
    }: { bound: Bound; request: AdmissionRequest; variables: Variables; object: KubeObject },
  ): KubeObject {
    const { matched } = bound;
    const { resource, subresource } = request;
    const shown = inVersion(object, resource, matched) ?? object;
    const changed =
      mutation['patchType'] === 'JSONPatch'
        ? (applyJsonPatch(
            shown as unknown as Json,
            listed(evaluated(mutation, 'jsonPatch', variables)),
          ) as unknown as KubeObject)
        : this.#merged(shown, evaluated(mutation, 'applyConfiguration', variables), matched);
    return this.#around.complete(resource, inVersion(changed, matched, resource) ?? changed, subresource);
  }

  #merged(object: KubeObject, configuration: unknown, matched: Resource): KubeObject {
    if (!isMap(configuration)) throw new Error('the apply configuration must evaluate to an object');
    const schema = this.#around.schemaFor(matched);
    const applied = { ...configuration, apiVersion: apiVersionOf(matched), kind: matched.kind };
    const problems = typingProblems(applied, schema);
    if (problems.length > 0) throw new Error(`invalid ApplyConfiguration: ${problems.join(', ')}`);
    return mergeTyped(object, applied, schema) as KubeObject;
  }
}

function evaluated(mutation: JsonRecord, key: 'jsonPatch' | 'applyConfiguration', variables: Variables): unknown {
  return fromCel(compileExpression(textOf(at(mutation, key)['expression']))(variables));
}

function listed(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error('the JSON patch must evaluate to a list');
  return value as unknown[];
}
