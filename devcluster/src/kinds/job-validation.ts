import type { KubeObject } from '../../../machinery/src/meta.ts';
import { domainPathProblems } from './address-syntax.ts';
import { absent, at, isRecord, recordOf, recordsOf, sameJson, stringOf, type JsonRecord } from '../contract/json.ts';
import { selectorMatches } from './label-selector.ts';
import { immutableFields, templateProblems } from './pod-template.ts';
import { nonNegative } from './probe-validation.ts';
import { duplicate, immutableText, invalid, required, Struct, unsupported } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { qualifiedName } from '../text/syntax.ts';

const restarts = 'valid values: "OnFailure", "Never"';
const counts = [
  'parallelism',
  'completions',
  'backoffLimit',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
  'ttlSecondsAfterFinished',
  'activeDeadlineSeconds',
];

export function jobProblems(object: KubeObject): FieldProblem[] {
  const spec = recordOf(object['spec']);
  return [...jobSpecProblems(spec, 'spec'), ...selectorOfJob(object, spec), ...nameInPods(object)];
}

/** What is wrong with a JobSpec, of a Job or in a CronJob. */
export function jobSpecProblems(spec: JsonRecord, field: string): FieldProblem[] {
  const template = recordOf(spec['template']);
  const manager = spec['managedBy'];
  return [
    ...counts.flatMap((key) => nonNegative(spec[key], `${field}.${key}`)),
    ...(typeof manager === 'string' ? domainPathProblems(manager, `${field}.managedBy`) : []),
    ...modeProblems(spec, field),
    ...(isRecord(spec['podFailurePolicy']) ? failurePolicyProblems(spec, `${field}.podFailurePolicy`) : []),
    ...replacementProblems(spec, `${field}.podReplacementPolicy`),
    ...templateProblems(template, `${field}.template`),
    ...restartProblems(spec, recordOf(template['spec'])['restartPolicy'], `${field}.template.spec.restartPolicy`),
  ];
}

function restartProblems(spec: JsonRecord, restart: unknown, field: string): FieldProblem[] {
  if (restart === 'Always' || restart === undefined) return [required(field, restarts)];
  if (restart !== 'OnFailure' && restart !== 'Never') return [unsupported(field, restart, ['OnFailure', 'Never'])];
  if (restart === 'Never' || !isRecord(spec['podFailurePolicy'])) return [];
  return [invalid(field, restart, 'only "Never" is supported when podFailurePolicy is specified')];
}

const modes = ['NonIndexed', 'Indexed'];

function modeProblems(spec: JsonRecord, field: string): FieldProblem[] {
  const { completionMode: mode, completions, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const problems: FieldProblem[] = [];
  if (!absent(maxFailedIndexes) && absent(backoffLimitPerIndex))
    problems.push(required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  if (!absent(mode) && !modes.includes(stringOf(mode)))
    problems.push(unsupported(`${field}.completionMode`, mode, modes));
  if (mode === 'Indexed') {
    if (absent(completions)) problems.push(required(`${field}.completions`, 'when completion mode is Indexed'));
    else if (typeof maxFailedIndexes === 'number' && maxFailedIndexes > Number(completions))
      problems.push(
        invalid(`${field}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions'),
      );
    return problems;
  }
  if (!absent(mode) && mode !== 'NonIndexed') return problems;
  for (const key of ['backoffLimitPerIndex', 'maxFailedIndexes']) {
    if (!absent(spec[key])) problems.push(invalid(`${field}.${key}`, spec[key], 'requires indexed completion mode'));
  }
  if (isRecord(spec['successPolicy']))
    problems.push(
      invalid(`${field}.successPolicy`, shownPolicy(spec['successPolicy']), 'requires indexed completion mode'),
    );
  return problems;
}

/** A success policy as kube-apiserver shows it: by its internal names. */
function shownPolicy(policy: JsonRecord): Struct {
  const rules = recordsOf(policy['rules']).map(({ succeededIndexes = null, succeededCount = null }) => ({
    SucceededIndexes: succeededIndexes,
    SucceededCount: succeededCount,
  }));
  return new Struct({ Rules: rules });
}

function replacementProblems(spec: JsonRecord, field: string): FieldProblem[] {
  const policy = spec['podReplacementPolicy'];
  if (absent(policy)) return [];
  const supported = isRecord(spec['podFailurePolicy']) ? ['Failed'] : ['Failed', 'TerminatingOrFailed'];
  return supported.includes(stringOf(policy)) ? [] : [unsupported(field, policy, supported)];
}

const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const quoted = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;

function failurePolicyProblems(spec: JsonRecord, field: string): FieldProblem[] {
  const pod = at(spec, 'template', 'spec');
  const names = [...recordsOf(pod['containers']), ...recordsOf(pod['initContainers'])].map(({ name }) => name);
  return recordsOf(recordOf(spec['podFailurePolicy'])['rules']).flatMap((rule, i) =>
    failureRuleProblems(rule, `${field}.rules[${i}]`, {
      names,
      isIndexed: !absent(spec['backoffLimitPerIndex']),
    }),
  );
}

function failureRuleProblems(
  rule: JsonRecord,
  field: string,
  { names, isIndexed }: { readonly names: readonly unknown[]; readonly isIndexed: boolean },
): FieldProblem[] {
  const action = stringOf(rule['action']);
  const problems: FieldProblem[] = [];
  if (action === '') problems.push(required(`${field}.action`, `valid values: ${quoted(actions)}`));
  else if (action === 'FailIndex' && !isIndexed)
    problems.push(invalid(`${field}.action`, action, 'requires the backoffLimitPerIndex to be set'));
  else if (!actions.includes(action)) problems.push(unsupported(`${field}.action`, action, actions));
  const codes = isRecord(rule['onExitCodes']) ? rule['onExitCodes'] : undefined;
  const conditions = recordsOf(rule['onPodConditions']);
  if (codes) problems.push(...exitCodeProblems(codes, `${field}.onExitCodes`, names));
  problems.push(...conditions.flatMap((pattern, i) => conditionProblems(pattern, `${field}.onPodConditions[${i}]`)));
  const which = codes ? 'both' : 'one of';
  const isWrong = codes ? conditions.length > 0 : conditions.length === 0;
  const end = codes ? 'is not supported' : 'is required';
  const message = `Invalid value: specifying ${which} OnExitCodes and OnPodConditions ${end}`;
  return isWrong ? [...problems, { reason: 'FieldValueInvalid', field, message }] : problems;
}

const operators = ['In', 'NotIn'];

function exitCodeProblems(codes: JsonRecord, field: string, names: readonly unknown[]): FieldProblem[] {
  const operator = stringOf(codes['operator']);
  const problems: FieldProblem[] = [];
  if (operator === '') problems.push(required(`${field}.operator`, `valid values: ${quoted(operators)}`));
  else if (!operators.includes(operator)) problems.push(unsupported(`${field}.operator`, operator, operators));
  const container = codes['containerName'];
  if (!absent(container) && !names.includes(container)) {
    const text = 'must be one of the container or initContainer names in the pod template';
    problems.push(invalid(`${field}.containerName`, container, text));
  }
  const values = Array.isArray(codes['values']) ? codes['values'].map(Number) : [];
  if (values.length === 0) problems.push(invalid(`${field}.values`, codes['values'], 'at least one value is required'));
  for (const [i, value] of values.entries()) {
    const at = `${field}.values[${i}]`;
    if (operator === 'In' && value === 0) problems.push(invalid(at, value, 'must not be 0 for the In operator'));
    if (values.indexOf(value) < i) problems.push(duplicate(at, value));
  }
  const isOrdered = values.every((value, i) => i === 0 || (values[i - 1] ?? 0) <= value);
  return isOrdered ? problems : [...problems, invalid(`${field}.values`, values, 'must be ordered')];
}

const statuses = ['False', 'True', 'Unknown'];

function conditionProblems({ type, status }: JsonRecord, field: string): FieldProblem[] {
  const problems = qualifiedName(stringOf(type)).map((text) => invalid(`${field}.type`, type, text));
  if (stringOf(status) === '') problems.push(required(`${field}.status`, `valid values: ${quoted(statuses)}`));
  else if (!statuses.includes(stringOf(status))) problems.push(unsupported(`${field}.status`, status, statuses));
  return problems;
}

const uidLabel = 'batch.kubernetes.io/controller-uid';

function selectorOfJob(object: KubeObject, spec: JsonRecord): FieldProblem[] {
  const labels = at(spec, 'template', 'metadata', 'labels');
  const shown = Object.keys(labels).length === 0 ? null : labels;
  const mismatch = invalid('spec.template.metadata.labels', shown, '`selector` does not match template `labels`');
  if (!isRecord(spec['selector'])) return [required('spec.selector'), mismatch];
  const problems: FieldProblem[] = [];
  if (spec['manualSelector'] !== true && !isGenerated(spec['selector'], object.metadata.uid ?? ''))
    problems.push(invalid('spec.selector', spec['selector'], '`selector` not auto-generated'));
  return selectorMatches(spec['selector'], labels) ? problems : [...problems, mismatch];
}

function isGenerated(selector: JsonRecord, uid: string): boolean {
  return [uidLabel, 'controller-uid'].some((key) => sameJson(selector, { matchLabels: { [key]: uid } }));
}

function nameInPods(object: KubeObject): FieldProblem[] {
  const name = object.metadata.name ?? '';
  const spec = recordOf(object['spec']);
  if (name.length <= 63 || spec['completionMode'] !== 'Indexed') return [];
  return [invalid('metadata.name', name, 'will not able to create pod with invalid DNS label')];
}

const fixed = ['selector', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'];

export function jobUpdateProblems(object: KubeObject, old: KubeObject): FieldProblem[] {
  const problems = immutableFields(object['spec'], old['spec'], fixed);
  const spec = recordOf(object['spec']);
  const before = recordOf(old['spec']);
  if (!completionsMayChange(spec, before)) {
    problems.push(invalid('spec.completions', spec['completions'], immutableText));
  }
  const started = recordOf(old['status'])['startTime'] !== undefined;
  if (!(before['suspend'] === true && !started) && !sameJson(spec['template'], before['template'])) {
    problems.push(invalid('spec.template', spec['template'], immutableText));
  }
  return problems;
}

/** An indexed job may grow or shrink when parallelism moves along. */
function completionsMayChange(spec: JsonRecord, before: JsonRecord): boolean {
  if (sameJson(spec['completions'], before['completions'])) return true;
  return spec['completionMode'] === 'Indexed' && spec['completions'] === spec['parallelism'];
}
