import type { KubeObject } from '../../../machinery/src/meta.ts';
import { child, fill, recordOf, recordsOf, sameJson, stringOf, type JsonRecord } from '../contract/json.ts';
import { invalid, required, unsupported, Struct } from '../contract/problems.ts';
import type { FieldProblem, KindStrategy } from '../contract/strategy.ts';
import { dnsSubdomain } from '../text/syntax.ts';

const group = 'rbac.authorization.k8s.io';

/** Role and ClusterRole. */
export const role: KindStrategy = {
  createOnUpdate: true,
  name: 'path',
  default(object) {
    if (!Array.isArray(object['rules']) || object['rules'].length === 0) object['rules'] = null;
  },
  validate: (object) =>
    recordsOf(object['rules']).flatMap((rule, i) => ruleProblems(rule, `rules[${i}]`, object.kind === 'Role')),
};

function ruleProblems(rule: JsonRecord, field: string, namespaced: boolean): FieldProblem[] {
  const has = (key: string) => Array.isArray(rule[key]) && rule[key].length > 0;
  const problems: FieldProblem[] = has('verbs')
    ? []
    : [required(`${field}.verbs`, 'verbs must contain at least one value')];
  if (has('nonResourceURLs')) {
    if (namespaced) {
      const text = 'namespaced rules cannot apply to non-resource URLs';
      problems.push(invalid(`${field}.nonResourceURLs`, rule['nonResourceURLs'], text));
    }
    if (has('apiGroups') || has('resources') || has('resourceNames')) {
      const text = 'rules cannot apply to both regular resources and non-resource URLs';
      problems.push(invalid(`${field}.nonResourceURLs`, rule['nonResourceURLs'], text));
    }
    return problems;
  }
  if (!has('apiGroups'))
    problems.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
  if (!has('resources'))
    problems.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
  return problems;
}

/** RoleBinding and ClusterRoleBinding. */
export const roleBinding: KindStrategy = {
  createOnUpdate: true,
  name: 'path',
  default(object) {
    fill(child(object, 'roleRef'), { apiGroup: group });
    if (recordOf(object['roleRef'])['apiGroup'] === '') recordOf(object['roleRef'])['apiGroup'] = group;
    for (const subject of recordsOf(object['subjects'])) {
      const named = subject['kind'] === 'User' || subject['kind'] === 'Group';
      if (named && !subject['apiGroup']) subject['apiGroup'] = group;
      else if (subject['apiGroup'] === '') delete subject['apiGroup'];
    }
  },
  validate(object) {
    const cluster = object.kind === 'ClusterRoleBinding';
    return [
      ...referenceProblems(recordOf(object['roleRef']), cluster ? ['ClusterRole'] : ['Role', 'ClusterRole']),
      ...recordsOf(object['subjects']).flatMap((subject, i) => subjectProblems(subject, `subjects[${i}]`, cluster)),
    ];
  },
  validateUpdate: (object: KubeObject, old: KubeObject) =>
    sameJson(object['roleRef'], old['roleRef'])
      ? []
      : [invalid('roleRef', roleRefStruct(recordOf(object['roleRef'])), 'cannot change roleRef')],
};

function referenceProblems(reference: JsonRecord, kinds: readonly string[]): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (reference['apiGroup'] !== group) {
    problems.push(unsupported('roleRef.apiGroup', reference['apiGroup'], [group]));
  }
  if (!kinds.includes(stringOf(reference['kind']))) {
    problems.push(unsupported('roleRef.kind', reference['kind'] ?? '', kinds));
  }
  if (stringOf(reference['name']) === '') problems.push(required('roleRef.name'));
  return problems;
}

function subjectProblems(subject: JsonRecord, field: string, cluster: boolean): FieldProblem[] {
  const name = stringOf(subject['name']);
  const apiGroup = stringOf(subject['apiGroup']);
  const problems: FieldProblem[] = name === '' ? [required(`${field}.name`)] : [];
  switch (subject['kind']) {
    case 'ServiceAccount':
      if (name !== '') problems.push(...dnsSubdomain(name).map((text) => invalid(`${field}.name`, name, text)));
      if (apiGroup !== '') problems.push(unsupported(`${field}.apiGroup`, apiGroup, ['']));
      if (cluster && stringOf(subject['namespace']) === '') problems.push(required(`${field}.namespace`));
      return problems;
    case 'User':
    case 'Group':
      if (apiGroup !== group) problems.push(unsupported(`${field}.apiGroup`, apiGroup, [group]));
      return problems;
    default:
      return [...problems, unsupported(`${field}.kind`, subject['kind'] ?? '', ['ServiceAccount', 'User', 'Group'])];
  }
}

/** A reference as the server's own type names its fields. */
function roleRefStruct({ apiGroup, kind, name }: JsonRecord): Struct {
  return new Struct({ APIGroup: stringOf(apiGroup), Kind: stringOf(kind), Name: stringOf(name) });
}
