import { absent, child, fill, isRecord, recordOf, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { duplicate, forbidden, invalid, required, unsupported } from '../contract/problems.ts';
import {
  annotationProblems,
  conditionProblems,
  matchSelectorProblems,
  paramKindProblems,
  policyVariables,
  validationProblems,
  variableProblems,
} from './admission-expressions.ts';
import type { FieldProblem, KindStrategy } from '../contract/strategy.ts';
import { clientConfigProblems } from './webhook-client.ts';
import { dnsSubdomain } from '../text/syntax.ts';

const failurePolicies = ['Fail', 'Ignore'];
const matchPolicies = ['Equivalent', 'Exact'];
const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const scopes = ['*', 'Cluster', 'Namespaced'];
const longestTimeout = 30;

/** MutatingWebhookConfiguration and ValidatingWebhookConfiguration. */
export function webhookConfiguration(kind: 'mutating' | 'validating'): KindStrategy {
  return {
    hasGeneration: true,
    default(object) {
      for (const hook of recordsOf(object['webhooks'])) defaultWebhook(hook, kind);
    },
    validate(object) {
      const names = new Set<string>();
      return recordsOf(object['webhooks']).flatMap((hook, i) => {
        const problems = webhookProblems(hook, `webhooks[${i}]`);
        const name = stringOf(hook['name']);
        if (names.has(name)) problems.push(duplicate(`webhooks[${i}].name`, name));
        names.add(name);
        return problems;
      });
    },
    changesGeneration: (object, old) => JSON.stringify(object['webhooks']) !== JSON.stringify(old['webhooks']),
  };
}

function defaultWebhook(hook: JsonRecord, kind: 'mutating' | 'validating'): void {
  fill(hook, {
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    timeoutSeconds: 10,
  });
  if (kind === 'mutating') fill(hook, { reinvocationPolicy: 'Never' });
  for (const rule of recordsOf(hook['rules'])) fill(rule, { scope: '*' });
  const service = recordOf(hook['clientConfig'])['service'];
  if (isRecord(service)) fill(service, { port: 443 });
}

function webhookProblems(hook: JsonRecord, field: string): FieldProblem[] {
  const problems = [...hookNameProblems(stringOf(hook['name']), `${field}.name`)];
  const versions: unknown[] = Array.isArray(hook['admissionReviewVersions']) ? hook['admissionReviewVersions'] : [];
  const reviews = `${field}.admissionReviewVersions`;
  if (versions.length === 0) problems.push(required(reviews, 'must specify one of v1, v1beta1'));
  else if (!versions.includes('v1') && !versions.includes('v1beta1')) {
    problems.push(invalid(reviews, versions, 'must include at least one of v1, v1beta1'));
  }
  problems.push(...ruleListProblems(recordsOf(hook['rules']), `${field}.rules`));
  const effects = hook['sideEffects'];
  if (absent(effects)) {
    problems.push(required(`${field}.sideEffects`, 'must specify one of None, NoneOnDryRun'));
  } else if (effects !== 'None' && effects !== 'NoneOnDryRun') {
    problems.push(unsupported(`${field}.sideEffects`, effects, ['None', 'NoneOnDryRun']));
  }
  const timeout = Number(hook['timeoutSeconds'] ?? 10);
  if (timeout < 1 || timeout > longestTimeout) {
    problems.push(invalid(`${field}.timeoutSeconds`, timeout, 'the timeout value must be between 1 and 30 seconds'));
  }
  problems.push(...oneOf(hook, field, 'failurePolicy', failurePolicies));
  problems.push(...oneOf(hook, field, 'matchPolicy', matchPolicies));
  problems.push(...oneOf(hook, field, 'reinvocationPolicy', ['IfNeeded', 'Never']));
  problems.push(...matchSelectorProblems(hook, field));
  problems.push(...conditionProblems(recordsOf(hook['matchConditions']), `${field}.matchConditions`));
  return [...problems, ...clientConfigProblems(recordOf(hook['clientConfig']), `${field}.clientConfig`)];
}

function hookNameProblems(name: string, field: string): FieldProblem[] {
  if (name === '') return [required(field)];
  const texts = dnsSubdomain(name);
  if (texts.length > 0) return texts.map((text) => invalid(field, name, text));
  return name.split('.').length < 3
    ? [invalid(field, name, 'should be a domain with at least three segments separated by dots')]
    : [];
}

function oneOf(holder: JsonRecord, field: string, key: string, values: readonly string[]): FieldProblem[] {
  const value = holder[key];
  return value === undefined || values.includes(stringOf(value)) ? [] : [unsupported(`${field}.${key}`, value, values)];
}

function ruleListProblems(rules: readonly JsonRecord[], field: string): FieldProblem[] {
  return rules.flatMap((rule, i) => {
    const at = `${field}[${i}]`;
    const problems = ['apiGroups', 'apiVersions', 'resources', 'operations'].flatMap((key) =>
      Array.isArray(rule[key]) && rule[key].length > 0 ? [] : [required(`${at}.${key}`)],
    );
    const given: unknown[] = Array.isArray(rule['operations']) ? rule['operations'] : [];
    given.forEach((operation, j) => {
      if (!operations.includes(stringOf(operation))) {
        problems.push(unsupported(`${at}.operations[${j}]`, operation, operations));
      }
    });
    if (given.length > 1 && given.includes('*')) {
      const text = "if '*' is present, must not specify other operations";
      problems.push(invalid(`${at}.operations`, given, text));
    }
    const resources: unknown[] = Array.isArray(rule['resources']) ? rule['resources'] : [];
    if (resources.includes('*') && resources.some((name) => name !== '*' && !stringOf(name).includes('/'))) {
      const text = "if '*' is present, must not specify other resources without subresources";
      problems.push(invalid(`${at}.resources`, resources, text));
    }
    return [...problems, ...oneOf(rule, at, 'scope', scopes)];
  });
}

function defaultMatch(match: JsonRecord): void {
  fill(match, { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} });
  for (const list of ['resourceRules', 'excludeResourceRules']) {
    for (const rule of recordsOf(match[list])) fill(rule, { scope: '*' });
  }
}

function policyProblems(spec: JsonRecord): FieldProblem[] {
  const match = spec['matchConstraints'];
  const problems = oneOf(spec, 'spec', 'failurePolicy', failurePolicies);
  if (!isRecord(match)) return [...problems, required('spec.matchConstraints')];
  problems.push(...oneOf(match, 'spec.matchConstraints', 'matchPolicy', matchPolicies));
  problems.push(...matchSelectorProblems(match, 'spec.matchConstraints'));
  problems.push(...conditionProblems(recordsOf(spec['matchConditions']), 'spec.matchConditions'));
  problems.push(...paramKindProblems(spec['paramKind']), ...variableProblems(recordsOf(spec['variables'])));
  const rules = recordsOf(match['resourceRules']);
  const field = 'spec.matchConstraints.resourceRules';
  if (rules.length === 0) problems.push(required(field));
  return [...problems, ...ruleListProblems(rules, field)];
}

export const validatingPolicy: KindStrategy = {
  hasGeneration: true,
  default(object) {
    const spec = child(object, 'spec');
    fill(spec, { failurePolicy: 'Fail' });
    if (isRecord(spec['matchConstraints'])) defaultMatch(spec['matchConstraints']);
  },
  prepareForCreate(object) {
    object['status'] = {};
  },
  validate(object) {
    const spec = recordOf(object['spec']);
    const validations = recordsOf(spec['validations']);
    const problems = policyProblems(spec);
    if (validations.length === 0 && recordsOf(spec['auditAnnotations']).length === 0) {
      const text = 'validations or auditAnnotations must contain at least one item';
      problems.push(required('spec.validations', text), required('spec.auditAnnotations', text));
    }
    const name = object.metadata.name ?? '';
    return [
      ...problems,
      ...validationProblems(validations, policyVariables(spec)),
      ...annotationProblems(recordsOf(spec['auditAnnotations']), name, policyVariables(spec)),
    ];
  },
};

export const mutatingPolicy: KindStrategy = {
  hasGeneration: true,
  default(object) {
    const spec = child(object, 'spec');
    fill(spec, { failurePolicy: 'Fail' });
    if (isRecord(spec['matchConstraints'])) defaultMatch(spec['matchConstraints']);
  },
  validate(object) {
    const spec = recordOf(object['spec']);
    const problems = policyProblems(spec);
    if (recordsOf(spec['mutations']).length === 0) {
      problems.push(required('spec.mutations', 'mutations must contain at least one item'));
    }
    if (spec['reinvocationPolicy'] === undefined) problems.push(required('spec.reinvocationPolicy'));
    return problems;
  },
};

const actions = ['Audit', 'Deny', 'Warn'];

/** Bindings of validating and of mutating policies. */
export const policyBinding: KindStrategy = {
  hasGeneration: true,
  default(object) {
    const match = recordOf(object['spec'])['matchResources'];
    if (isRecord(match)) defaultMatch(match);
  },
  validate(object) {
    const spec = recordOf(object['spec']);
    const problems: FieldProblem[] = stringOf(spec['policyName']) === '' ? [required('spec.policyName')] : [];
    const given: unknown[] = Array.isArray(spec['validationActions']) ? spec['validationActions'] : [];
    if (object.kind === 'ValidatingAdmissionPolicyBinding') {
      if (given.length === 0)
        problems.push(required('spec.validationActions', 'at least one validation action is required'));
      for (const [i, action] of given.entries()) {
        const at = `spec.validationActions[${i}]`;
        if (!actions.includes(stringOf(action))) problems.push(unsupported(at, action, actions));
        else if (given.indexOf(action) < i) problems.push(duplicate(at, action));
      }
      if (given.includes('Deny') && given.includes('Warn')) {
        const text =
          'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
        problems.push(invalid('spec.validationActions', given, text));
      }
    }
    if (isRecord(spec['matchResources']))
      problems.push(...matchSelectorProblems(spec['matchResources'], 'spec.matchResources'));
    const reference = spec['paramRef'];
    return isRecord(reference) ? [...problems, ...paramProblems(reference)] : problems;
  },
};

function paramProblems(reference: JsonRecord): FieldProblem[] {
  const field = 'spec.paramRef';
  const problems: FieldProblem[] = [];
  const named = stringOf(reference['name']) !== '';
  if (named && isRecord(reference['selector'])) {
    const text = 'name and selector are mutually exclusive';
    problems.push(forbidden(`${field}.name`, text), forbidden(`${field}.selector`, text));
  }
  if (!named && !isRecord(reference['selector'])) {
    problems.push(required(field, 'one of name or selector must be specified'));
  }
  if (reference['parameterNotFoundAction'] === undefined) problems.push(required(`${field}.parameterNotFoundAction`));
  else problems.push(...oneOf(reference, field, 'parameterNotFoundAction', ['Deny', 'Allow']));
  return problems;
}
