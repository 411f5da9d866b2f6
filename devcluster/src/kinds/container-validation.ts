import { isRecord, recordOf, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { handlerProblems, probeProblems } from './probe-validation.ts';
import { duplicate, invalid, notFound, required, unsupported } from '../contract/problems.ts';
import { resourceProblems } from './resources.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { dnsLabel, envName, portName, portNumber } from '../text/syntax.ts';

const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
const protocols = ['SCTP', 'TCP', 'UDP'];
const sources = ['configMapKeyRef', 'fieldRef', 'resourceFieldRef', 'secretKeyRef', 'fileKeyRef'];

/** What is wrong with one container; `volumes` are the names that it may mount. */
export function containerProblems(container: JsonRecord, field: string, volumes: ReadonlySet<string>): FieldProblem[] {
  return [
    ...nameProblems(container, field),
    ...imageProblems(container, field),
    ...portProblems(recordsOf(container['ports']), `${field}.ports`),
    ...recordsOf(container['env']).flatMap((variable, i) => envProblems(variable, `${field}.env[${i}]`)),
    ...recordsOf(container['envFrom']).flatMap((from, i) => envFromProblems(from, `${field}.envFrom[${i}]`)),
    ...mountProblems(recordsOf(container['volumeMounts']), `${field}.volumeMounts`, volumes),
    ...probeProblems(container, field),
    ...lifecycleProblems(container, field),
    ...resourceProblems(recordOf(container['resources']), `${field}.resources`),
  ];
}

function nameProblems(container: JsonRecord, field: string): FieldProblem[] {
  const name = stringOf(container['name']);
  if (name === '') return [required(`${field}.name`)];
  return dnsLabel(name).map((text) => invalid(`${field}.name`, name, text));
}

function imageProblems(container: JsonRecord, field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const image = stringOf(container['image']);
  if (image === '') problems.push(required(`${field}.image`));
  else if (image !== image.trim()) {
    problems.push(invalid(`${field}.image`, image, 'must not have leading or trailing whitespace'));
  }
  const policy = stringOf(container['imagePullPolicy']);
  if (policy === '') problems.push(required(`${field}.imagePullPolicy`));
  else if (!pullPolicies.includes(policy)) {
    problems.push(unsupported(`${field}.imagePullPolicy`, policy, pullPolicies));
  }
  const messages = stringOf(container['terminationMessagePolicy']);
  if (messages === '') problems.push(required(`${field}.terminationMessagePolicy`));
  else if (messages !== 'File' && messages !== 'FallbackToLogsOnError') {
    problems.push(unsupported(`${field}.terminationMessagePolicy`, messages, ['FallbackToLogsOnError', 'File']));
  }
  return problems;
}

function portProblems(ports: readonly JsonRecord[], field: string): FieldProblem[] {
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const at = `${field}[${i}]`;
    const problems: FieldProblem[] = [];
    const name = stringOf(port['name']);
    if (name !== '') {
      const texts = portName(name);
      problems.push(...texts.map((text) => invalid(`${at}.name`, name, text)));
      if (texts.length === 0 && names.has(name)) problems.push(duplicate(`${at}.name`, name));
      names.add(name);
    }
    const number = Number(port['containerPort'] ?? 0);
    if (number === 0) problems.push(required(`${at}.containerPort`));
    else problems.push(...portNumber(number).map((text) => invalid(`${at}.containerPort`, number, text)));
    const host = Number(port['hostPort'] ?? 0);
    if (host !== 0) problems.push(...portNumber(host).map((text) => invalid(`${at}.hostPort`, host, text)));
    const protocol = stringOf(port['protocol']);
    if (protocol === '') problems.push(required(`${at}.protocol`));
    else if (!protocols.includes(protocol)) problems.push(unsupported(`${at}.protocol`, protocol, protocols));
    return problems;
  });
}

function envProblems(variable: JsonRecord, field: string): FieldProblem[] {
  const name = stringOf(variable['name']);
  const problems =
    name === '' ? [required(`${field}.name`)] : envName(name).map((text) => invalid(`${field}.name`, name, text));
  if (!isRecord(variable['valueFrom'])) return problems;
  const from = variable['valueFrom'];
  const given = sources.filter((source) => isRecord(from[source]));
  if (given.length === 0) {
    const text =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    problems.push(invalid(`${field}.valueFrom`, '', text));
  } else if (stringOf(variable['value']) !== '') {
    problems.push(invalid(`${field}.valueFrom`, '', 'may not be specified when `value` is not empty'));
  } else if (given.length > 1) {
    problems.push(invalid(`${field}.valueFrom`, '', 'may not have more than one field specified at a time'));
  }
  for (const source of ['configMapKeyRef', 'secretKeyRef']) {
    const reference = from[source];
    if (isRecord(reference) && stringOf(reference['key']) === '') {
      problems.push(required(`${field}.valueFrom.${source}.key`));
    }
  }
  const path = from['fieldRef'];
  if (isRecord(path) && stringOf(path['fieldPath']) === '') {
    problems.push(required(`${field}.valueFrom.fieldRef.fieldPath`));
  }
  return problems;
}

function envFromProblems(from: JsonRecord, field: string): FieldProblem[] {
  const given = ['configMapRef', 'secretRef'].filter((source) => isRecord(from[source]));
  if (given.length === 0) return [invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`')];
  if (given.length > 1) return [invalid(field, '', 'may not have more than one field specified at a time')];
  return given
    .filter((source) => stringOf(recordOf(from[source])['name']) === '')
    .map((source) => required(`${field}.${source}.name`));
}

function mountProblems(mounts: readonly JsonRecord[], field: string, volumes: ReadonlySet<string>): FieldProblem[] {
  const paths = new Set<string>();
  return mounts.flatMap((mount, i) => {
    const at = `${field}[${i}]`;
    const problems: FieldProblem[] = [];
    const name = stringOf(mount['name']);
    if (name === '') problems.push(required(`${at}.name`));
    if (!volumes.has(name)) problems.push(notFound(`${at}.name`, name));
    const path = stringOf(mount['mountPath']);
    if (path === '') problems.push(required(`${at}.mountPath`));
    if (paths.has(path)) problems.push(invalid(`${at}.mountPath`, path, 'must be unique'));
    paths.add(path);
    const sub = stringOf(mount['subPath']);
    if (sub.startsWith('/')) problems.push(invalid(`${at}.subPath`, sub, 'must be a relative path'));
    if (sub.split('/').includes('..')) problems.push(invalid(`${at}.subPath`, sub, "must not contain '..'"));
    return problems;
  });
}

function lifecycleProblems(container: JsonRecord, field: string): FieldProblem[] {
  const lifecycle = recordOf(container['lifecycle']);
  return ['postStart', 'preStop'].flatMap((hook) => {
    const handler = lifecycle[hook];
    return isRecord(handler) ? handlerProblems(handler, `${field}.lifecycle.${hook}`) : [];
  });
}
