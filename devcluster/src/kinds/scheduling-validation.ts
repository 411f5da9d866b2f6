import { addressProblems } from './address-syntax.ts';
import { at, isRecord, recordOf, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { duplicate, invalid, required, unsupported } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { qualifiedName } from '../text/syntax.ts';

/** Faults of the placement, the user ids and the host aliases of a pod. */
export function schedulingProblems(spec: JsonRecord, field: string): FieldProblem[] {
  return [
    ...affinityProblems(recordOf(spec['affinity']), `${field}.affinity`),
    ...recordsOf(spec['topologySpreadConstraints']).flatMap((constraint, i) =>
      spreadProblems(constraint, `${field}.topologySpreadConstraints[${i}]`),
    ),
    ...recordsOf(spec['readinessGates']).flatMap(({ conditionType: type }, i) =>
      qualifiedName(stringOf(type)).map((text) => invalid(`${field}.readinessGates[${i}].conditionType`, type, text)),
    ),
    ...recordsOf(spec['hostAliases']).flatMap(({ ip }, i) =>
      addressProblems(stringOf(ip), `${field}.hostAliases[${i}].ip`),
    ),
    ...identityProblems(recordOf(spec['securityContext']), `${field}.securityContext`),
    ...recordsOf(spec['containers']).flatMap((container, i) =>
      identityProblems(recordOf(container['securityContext']), `${field}.containers[${i}].securityContext`),
    ),
    ...hostPortProblems(recordsOf(spec['containers']), `${field}.containers`),
  ];
}

const highestId = 2_147_483_647;

function identityProblems(context: JsonRecord, field: string): FieldProblem[] {
  return ['runAsUser', 'runAsGroup', 'fsGroup'].flatMap((key) => {
    const id = context[key];
    if (typeof id !== 'number' || (id >= 0 && id <= highestId)) return [];
    return [invalid(`${field}.${key}`, id, `must be between 0 and ${highestId}, inclusive`)];
  });
}

function hostPortProblems(containers: readonly JsonRecord[], field: string): FieldProblem[] {
  const taken = new Set<string>();
  return containers.flatMap((container, i) =>
    recordsOf(container['ports']).flatMap(({ protocol, hostIP, hostPort }, j) => {
      if (typeof hostPort !== 'number' || hostPort === 0) return [];
      const key = `${stringOf(protocol)}/${stringOf(hostIP)}/${hostPort}`;
      const isTaken = taken.has(key);
      taken.add(key);
      return isTaken ? [duplicate(`${field}[${i}].ports[${j}].hostPort`, key)] : [];
    }),
  );
}

const wanted = 'requiredDuringSchedulingIgnoredDuringExecution';

function affinityProblems(affinity: JsonRecord, field: string): FieldProblem[] {
  const node = recordOf(affinity['nodeAffinity'])[wanted];
  const terms = `${field}.nodeAffinity.${wanted}.nodeSelectorTerms`;
  const isEmpty = isRecord(node) && recordsOf(node['nodeSelectorTerms']).length === 0;
  return [
    ...(isEmpty ? [required(terms, 'must have at least one node selector term')] : []),
    ...['podAffinity', 'podAntiAffinity'].flatMap((kind) =>
      recordsOf(at(affinity, kind)[wanted]).flatMap(({ topologyKey }, i) =>
        keyProblems(topologyKey, `${field}.${kind}.${wanted}[${i}].topologyKey`),
      ),
    ),
  ];
}

function keyProblems(key: unknown, field: string): FieldProblem[] {
  const text = stringOf(key);
  const missing = text === '' ? [required(field, 'can not be empty')] : [];
  return [...missing, ...qualifiedName(text).map((found) => invalid(field, text, found))];
}

const unsatisfiable = ['DoNotSchedule', 'ScheduleAnyway'];

function spreadProblems({ maxSkew, topologyKey, whenUnsatisfiable: when }: JsonRecord, field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const skew = Number(maxSkew ?? 0);
  if (skew <= 0) problems.push(invalid(`${field}.maxSkew`, skew, 'must be greater than zero'));
  if (stringOf(topologyKey) === '') problems.push(required(`${field}.topologyKey`, 'can not be empty'));
  if (!unsatisfiable.includes(stringOf(when)))
    problems.push(unsupported(`${field}.whenUnsatisfiable`, when, unsatisfiable));
  return problems;
}
