import type { KubeObject } from '../../../machinery/src/meta.ts';
import { absent, isRecord, recordOf, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { forbidden, invalid, required, unsupported } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { parseQuantity } from '../text/quantity.ts';
import { dnsLabel, pathSegment } from '../text/syntax.ts';

export function autoscalerProblems(object: KubeObject): FieldProblem[] {
  const spec = recordOf(object['spec']);
  const min = Number(spec['minReplicas'] ?? 1);
  const max = Number(spec['maxReplicas'] ?? 0);
  const problems: FieldProblem[] = [];
  if (min < 1) problems.push(invalid('spec.minReplicas', min, 'must be greater than or equal to 1'));
  if (max === 0) problems.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  else if (max < 0) problems.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to 1'));
  if (max < min) problems.push(invalid('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  const metrics = recordsOf(spec['metrics']);
  if (min === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    const text = 'must specify at least one Object or External metric to support scaling to zero replicas';
    problems.push(forbidden('spec.metrics', text));
  }
  return [
    ...problems,
    ...referenceProblems(recordOf(spec['scaleTargetRef']), 'spec.scaleTargetRef', true),
    ...metrics.flatMap((metric, i) => metricProblems(metric, `spec.metrics[${i}]`)),
    ...['scaleUp', 'scaleDown'].flatMap((key) => {
      const rules = recordOf(spec['behavior'])[key];
      return isRecord(rules) ? scalingProblems(rules, `spec.behavior.${key}`) : [];
    }),
  ];
}

const named = (value: unknown, field: string, missing = ''): FieldProblem[] =>
  stringOf(value) === ''
    ? [required(field, missing)]
    : pathSegment(stringOf(value)).map((text) => invalid(field, value, text));

function referenceProblems(reference: JsonRecord, field: string, needsGroup: boolean): FieldProblem[] {
  const version = stringOf(reference['apiVersion']);
  const problems = ['kind', 'name'].flatMap((key) => named(reference[key], `${field}.${key}`));
  const at = `${field}.apiVersion`;
  if (version.split('/').length > 2) problems.push(invalid(at, version, `unexpected GroupVersion string: ${version}`));
  else if (needsGroup && !version.includes('/'))
    problems.push(invalid(at, version, 'apiVersion must specify API group'));
  return problems;
}

const metricTypes = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const sources = ['object', 'external', 'pods', 'resource', 'containerResource'];

function metricProblems(metric: JsonRecord, field: string): FieldProblem[] {
  const type = stringOf(metric['type']);
  const isKnown = metricTypes.includes(type);
  const unknown = unsupported(`${field}.type`, type, metricTypes);
  const problems: FieldProblem[] = isKnown ? [] : [unknown, unknown];
  if (type === '') problems.unshift(required(`${field}.type`, 'must specify a metric source type'));
  const present = sources.filter((key) => isRecord(metric[key]));
  const [first] = present;
  if (first !== undefined) problems.push(...sourceProblems(first, recordOf(metric[first]), `${field}.${first}`));
  const expected = isKnown ? type.replace(/^./, (c) => c.toLowerCase()) : '';
  if (isKnown && !present.includes(expected))
    problems.push(required(`${field}.${expected}`, 'must populate information for the given metric source'));
  if (present.length === 1) return problems;
  const others = present.filter((key) => key !== expected);
  return [
    ...problems,
    ...others.map((key) => forbidden(`${field}.${key}`, 'must populate the given metric source only')),
  ];
}

function sourceProblems(kind: string, source: JsonRecord, field: string): FieldProblem[] {
  const target = recordOf(source['target']);
  const at = `${field}.target`;
  const problems = targetProblems(target, at);
  switch (kind) {
    case 'object':
      return [
        ...referenceProblems(recordOf(source['describedObject']), `${field}.describedObject`, false),
        ...identifierProblems(source, field),
        ...problems,
        ...oneOf(target, at, 'must set either a target value or averageValue'),
      ];
    case 'external':
      return [
        ...identifierProblems(source, field),
        ...problems,
        ...oneOf(target, at, 'must set either a target value for metric or a per-pod target'),
        ...(absent(target['value']) || absent(target['averageValue'])
          ? []
          : [forbidden(`${at}.value`, 'may not set both a target value for metric and a per-pod target')]),
      ];
    case 'pods': {
      const isMissing = absent(target['averageValue']);
      if (isMissing) problems.push(required(`${at}.averageValue`, 'must specify a positive target averageValue'));
      return [...identifierProblems(source, field), ...problems];
    }
    default:
      return [...resourceProblems(kind, source, field), ...problems, ...utilizationProblems(target, at)];
  }
}

function oneOf(target: JsonRecord, field: string, text: string): FieldProblem[] {
  return absent(target['value']) && absent(target['averageValue']) ? [required(`${field}.averageValue`, text)] : [];
}

function identifierProblems(source: JsonRecord, field: string): FieldProblem[] {
  return named(recordOf(source['metric'])['name'], `${field}.metric.name`, 'must specify a metric name');
}

function resourceProblems(kind: string, source: JsonRecord, field: string): FieldProblem[] {
  const problems = stringOf(source['name']) === '' ? [required(`${field}.name`, 'must specify a resource name')] : [];
  if (kind !== 'containerResource') return problems;
  const container = stringOf(source['container']);
  const at = `${field}.container`;
  if (container === '') return [...problems, required(at, 'must specify a container')];
  return [...problems, ...dnsLabel(container).map((text) => invalid(at, container, text))];
}

function utilizationProblems(target: JsonRecord, field: string): FieldProblem[] {
  const isRaw = !absent(target['averageValue']);
  const isShare = !absent(target['averageUtilization']);
  if (isRaw && isShare)
    return [forbidden(`${field}.averageValue`, 'may not set both a target raw value and a target utilization')];
  if (isRaw || isShare) return [];
  return [required(`${field}.averageUtilization`, 'must set either a target raw value or a target utilization')];
}

const targetTypes = ['Utilization', 'Value', 'AverageValue'];

function targetProblems(target: JsonRecord, field: string): FieldProblem[] {
  const type = stringOf(target['type']);
  const problems = type === '' ? [required(`${field}.type`, 'must specify a metric target type')] : [];
  if (!targetTypes.includes(type))
    problems.push(invalid(`${field}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  for (const key of ['value', 'averageValue']) {
    const quantity = target[key];
    if (!absent(quantity) && !isPositive(quantity))
      problems.push(invalid(`${field}.${key}`, quantity, 'must be positive'));
  }
  const share = target['averageUtilization'];
  if (typeof share === 'number' && share < 1)
    problems.push(invalid(`${field}.averageUtilization`, share, 'must be greater than 0'));
  return problems;
}

function isPositive(quantity: unknown): boolean {
  return (parseQuantity(String(quantity))?.nano ?? 1n) > 0n;
}

const selections = ['Disabled', 'Max', 'Min'];
const longestWindow = 3600;

function scalingProblems(rules: JsonRecord, field: string): FieldProblem[] {
  const { stabilizationWindowSeconds: window, selectPolicy } = rules;
  const problems: FieldProblem[] = [];
  const at = `${field}.stabilizationWindowSeconds`;
  if (typeof window === 'number' && window < 0)
    problems.push(invalid(at, window, 'must be greater than or equal to zero'));
  if (typeof window === 'number' && window > longestWindow)
    problems.push(invalid(at, window, `must be less than or equal to ${longestWindow}`));
  if (!absent(selectPolicy) && !selections.includes(stringOf(selectPolicy)))
    problems.push(unsupported(`${field}.selectPolicy`, selectPolicy, selections));
  const policies = recordsOf(rules['policies']);
  if (policies.length === 0) problems.push(required(`${field}.policies`, 'must specify at least one Policy'));
  return [...problems, ...policies.flatMap((policy, i) => policyProblems(policy, `${field}.policies[${i}]`))];
}

const policyTypes = ['Percent', 'Pods'];
const longestPeriod = 1800;

function policyProblems({ type, ...numbers }: JsonRecord, field: string): FieldProblem[] {
  const problems = policyTypes.includes(stringOf(type)) ? [] : [unsupported(`${field}.type`, type, policyTypes)];
  for (const key of ['value', 'periodSeconds']) {
    const number = Number(numbers[key] ?? 0);
    if (number <= 0) problems.push(invalid(`${field}.${key}`, number, 'must be greater than zero'));
  }
  const period = Number(numbers['periodSeconds'] ?? 0);
  if (period > longestPeriod)
    problems.push(invalid(`${field}.periodSeconds`, period, `must be less than or equal to ${longestPeriod}`));
  return problems;
}
