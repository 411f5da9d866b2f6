import { containerProblems } from './container-validation.ts';
import { isRecord, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { labelProblems } from './metadata.ts';
import { duplicate, forbidden, invalid, required, unsupported } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { schedulingProblems } from './scheduling-validation.ts';
import { dnsLabel, dnsSubdomain } from '../text/syntax.ts';

const restartPolicies = ['Always', 'OnFailure', 'Never'];
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

/** What is wrong with a PodSpec at `field`. */
export function podSpecProblems(spec: JsonRecord, field: string): FieldProblem[] {
  const volumes = new Set(recordsOf(spec['volumes']).map((volume) => stringOf(volume['name'])));
  return [
    ...volumeProblems(recordsOf(spec['volumes']), `${field}.volumes`),
    ...allContainers(spec, field, volumes),
    ...policyProblems(spec, field),
    ...labelProblems(spec['nodeSelector'], `${field}.nodeSelector`),
    ...nameField(spec, 'serviceAccountName', field, dnsSubdomain),
    ...nameField(spec, 'hostname', field, dnsLabel),
    ...nameField(spec, 'subdomain', field, dnsLabel),
    ...nameField(spec, 'priorityClassName', field, dnsSubdomain),
    ...deadlineProblems(spec['activeDeadlineSeconds'], `${field}.activeDeadlineSeconds`),
    ...schedulingProblems(spec, field),
    ...recordsOf(spec['tolerations']).flatMap((t, i) => tolerationProblems(t, `${field}.tolerations[${i}]`)),
  ];
}

function allContainers(spec: JsonRecord, field: string, volumes: ReadonlySet<string>): FieldProblem[] {
  const containers = recordsOf(spec['containers']);
  const problems: FieldProblem[] = containers.length === 0 ? [required(`${field}.containers`)] : [];
  const names = new Set<string>();
  for (const list of ['containers', 'initContainers']) {
    recordsOf(spec[list]).forEach((container, i) => {
      const at = `${field}.${list}[${i}]`;
      problems.push(...containerProblems(container, at, volumes));
      const name = stringOf(container['name']);
      if (names.has(name)) problems.push(duplicate(`${at}.name`, name));
      if (name !== '') names.add(name);
      if (list === 'initContainers' && container['restartPolicy'] !== 'Always')
        problems.push(...initProblems(container, at));
    });
  }
  return problems;
}

const runningOnly = ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'];

function initProblems(container: JsonRecord, field: string): FieldProblem[] {
  const text = 'may not be set for init containers without restartPolicy=Always';
  return runningOnly.filter((key) => isRecord(container[key])).map((key) => forbidden(`${field}.${key}`, text));
}

function volumeProblems(volumes: readonly JsonRecord[], field: string): FieldProblem[] {
  const names = new Set<string>();
  return volumes.flatMap((volume, i) => {
    const at = `${field}[${i}]`;
    const name = stringOf(volume['name']);
    const sources = Object.keys(volume).filter((key) => key !== 'name' && isRecord(volume[key]));
    const problems = sources
      .slice(1)
      .map((source) => forbidden(`${at}.${source}`, 'may not specify more than 1 volume type'));
    problems.push(...sourceProblems(volume, at));
    const texts = dnsLabel(name);
    if (name === '') problems.push(required(`${at}.name`));
    else if (texts.length > 0) problems.push(...texts.map((text) => invalid(`${at}.name`, name, text)));
    else if (names.has(name)) problems.push(duplicate(`${at}.name`, name));
    names.add(name);
    return problems;
  });
}

const needed: Readonly<Record<string, string>> = {
  secret: 'secretName',
  configMap: 'name',
  hostPath: 'path',
  persistentVolumeClaim: 'claimName',
  nfs: 'server',
  csi: 'driver',
};

function sourceProblems(volume: JsonRecord, field: string): FieldProblem[] {
  return Object.entries(needed).flatMap(([source, key]) => {
    const given = volume[source];
    if (!isRecord(given)) return [];
    const at = `${field}.${source}.${key}`;
    const value = stringOf(given[key]);
    if (value === '') return [required(at)];
    const climbs = source === 'hostPath' && value.split('/').includes('..');
    return climbs ? [invalid(at, value, "must not contain '..'")] : [];
  });
}

function policyProblems(spec: JsonRecord, field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const restart = stringOf(spec['restartPolicy']);
  if (restart === '') problems.push(required(`${field}.restartPolicy`));
  else if (!restartPolicies.includes(restart)) {
    problems.push(unsupported(`${field}.restartPolicy`, restart, restartPolicies));
  }
  const dns = stringOf(spec['dnsPolicy']);
  if (dns === '') problems.push(required(`${field}.dnsPolicy`));
  else if (dns === 'None' && recordsOf([spec['dnsConfig']]).length === 0)
    problems.push(required(`${field}.dnsConfig`, 'must provide `dnsConfig` when `dnsPolicy` is None'));
  else if (!dnsPolicies.includes(dns)) problems.push(unsupported(`${field}.dnsPolicy`, dns, dnsPolicies));
  return problems;
}

function nameField(spec: JsonRecord, key: string, field: string, check: (name: string) => string[]): FieldProblem[] {
  const name = stringOf(spec[key]);
  return name === '' ? [] : check(name).map((text) => invalid(`${field}.${key}`, name, text));
}

const longestDeadline = 2_147_483_647;

function deadlineProblems(value: unknown, field: string): FieldProblem[] {
  if (typeof value !== 'number' || (value >= 1 && value <= longestDeadline)) return [];
  return [invalid(field, value, `must be between 1 and ${longestDeadline}, inclusive`)];
}

function tolerationProblems(toleration: JsonRecord, field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const operator = stringOf(toleration['operator']) || 'Equal';
  const key = stringOf(toleration['key']);
  if (key !== '') problems.push(...labelProblems({ [key]: '' }, `${field}.key`));
  if (key === '' && operator !== 'Exists') {
    const text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    problems.push(invalid(`${field}.operator`, toleration['operator'] ?? '', text));
  }
  if (operator === 'Exists' && stringOf(toleration['value']) !== '') {
    problems.push(invalid(`${field}.operator`, toleration['value'], "value must be empty when `operator` is 'Exists'"));
  }
  if (!operators.includes(operator)) problems.push(unsupported(`${field}.operator`, operator, operators));
  return [...problems, ...effectProblems(toleration, field)];
}

const operators = ['Equal', 'Exists'];
const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function effectProblems({ effect, tolerationSeconds }: JsonRecord, field: string): FieldProblem[] {
  const given = stringOf(effect);
  const at = `${field}.effect`;
  const problems = given === '' || effects.includes(given) ? [] : [unsupported(at, given, effects)];
  if (typeof tolerationSeconds === 'number' && given !== 'NoExecute')
    problems.push(invalid(at, given, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  return problems;
}
