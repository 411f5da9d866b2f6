import type { KubeObject } from '../../../machinery/src/meta.ts';
import { deepEqual } from '../../../machinery/src/patch/equality.ts';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { at, recordOf, recordsOf, textOf, type JsonRecord } from '../contract/json.ts';
import { immutableText, invalid, required, unsupported } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { hasCondition } from './crd.ts';
import { featureProblems } from './crd-features.ts';
import { structuralProblems } from './structural-rules.ts';

const label = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const labelText =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/** What is wrong with a CustomResourceDefinition. */
export function validateDefinition(crd: KubeObject): FieldProblem[] {
  const spec = recordOf(crd['spec']);
  return [
    ...nameProblems(crd, spec),
    ...specProblems(spec),
    ...storedVersionProblems(crd, spec),
    ...approvalProblems(crd, spec),
  ];
}

/** What an update of a definition may not do, beyond what no definition may. */
export function validateDefinitionUpdate(crd: KubeObject, old: KubeObject): FieldProblem[] {
  const [spec, before] = [recordOf(crd['spec']), recordOf(old['spec'])];
  const found: FieldProblem[] = [];
  const fixed = (path: string, now: unknown, then: unknown) => {
    if (!deepEqual(now, then)) found.push(invalid(path, now, immutableText));
  };
  fixed('spec.group', spec['group'], before['group']);
  fixed('spec.names.plural', at(spec, 'names')['plural'], at(before, 'names')['plural']);
  if (!hasCondition(old, 'Established')) return found;
  fixed('spec.scope', spec['scope'], before['scope']);
  fixed('spec.names.kind', at(spec, 'names')['kind'], at(before, 'names')['kind']);
  return found;
}

function nameProblems(crd: KubeObject, spec: JsonRecord): FieldProblem[] {
  const name = crd.metadata.name ?? '';
  const wanted = `${textOf(at(spec, 'names')['plural'])}.${textOf(spec['group'])}`;
  return name === wanted ? [] : [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')];
}

function specProblems(spec: JsonRecord): FieldProblem[] {
  return [
    ...groupProblems(textOf(spec['group'])),
    ...scopeProblems(textOf(spec['scope'])),
    ...versionProblems(spec),
    ...namesProblems(at(spec, 'names')),
    ...featureProblems(spec),
  ];
}

function groupProblems(group: string): FieldProblem[] {
  if (group === '') return [required('spec.group')];
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(group))
    return [
      invalid(
        'spec.group',
        group,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      ),
    ];
  return group.includes('.') ? [] : [invalid('spec.group', group, 'should be a domain with at least one dot')];
}

function scopeProblems(scope: string): FieldProblem[] {
  if (scope === '') return [required('spec.scope')];
  return ['Cluster', 'Namespaced'].includes(scope) ? [] : [unsupported('spec.scope', scope, ['Cluster', 'Namespaced'])];
}

function versionProblems(spec: JsonRecord): FieldProblem[] {
  const versions = recordsOf(spec['versions']);
  const found: FieldProblem[] = [];
  const names = versions.map((version) => textOf(version['name']));
  for (const [i, name] of names.entries())
    if (!label.test(name)) found.push(invalid(`spec.versions[${i}].name`, name, labelText));
  if (new Set(names).size !== names.length)
    found.push(invalid('spec.versions', versions, 'must contain unique version names'));
  if (versions.filter((version) => version['storage'] === true).length !== 1)
    found.push(invalid('spec.versions', versions, 'must have exactly one version marked as storage version'));
  return [...found, ...schemaProblems(versions)];
}

function schemaProblems(versions: readonly JsonRecord[]): FieldProblem[] {
  const schemas = versions.map((version) => at(version, 'schema')['openAPIV3Schema']);
  const missing = schemas.flatMap((schema, i) =>
    schema === undefined ? [required(`spec.versions[${i}].schema.openAPIV3Schema`)] : [],
  );
  if (missing.length > 0) return missing;
  // One schema for all versions is reported where it once stood.
  const isShared = schemas.every((schema) => deepEqual(schema, schemas[0]));
  const places = isShared
    ? schemas.slice(0, 1).map((schema) => ({ schema, path: 'spec.validation.openAPIV3Schema' }))
    : schemas.map((schema, i) => ({ schema, path: `spec.versions[${i}].schema.openAPIV3Schema` }));
  return places.flatMap(({ schema, path }) => structuralProblems(schema as Schema, path));
}

function namesProblems(names: JsonRecord): FieldProblem[] {
  const found: FieldProblem[] = [];
  const check = (key: string, value: string, shown = value) => {
    if (value === '') found.push(required(`spec.names.${key}`));
    else if (!label.test(value)) found.push(invalid(`spec.names.${key}`, shown, labelText));
  };
  const [kind, listKind] = [textOf(names['kind']), textOf(names['listKind'])];
  check('plural', textOf(names['plural']));
  check('singular', textOf(names['singular']));
  check('kind', kind.toLowerCase(), kind);
  check('listKind', listKind.toLowerCase(), listKind);
  if (kind !== '' && kind === listKind)
    found.push(invalid('spec.names.listKind', listKind, 'kind and listKind may not be the same'));
  for (const key of ['shortNames', 'categories']) {
    const list = Array.isArray(names[key]) ? (names[key] as unknown[]) : [];
    for (const [i, name] of list.entries())
      if (!label.test(textOf(name))) found.push(invalid(`spec.names.${key}[${i}]`, name, labelText));
  }
  return found;
}

function storedVersionProblems(crd: KubeObject, spec: JsonRecord): FieldProblem[] {
  const path = 'status.storedVersions';
  const stored = at(crd, 'status')['storedVersions'];
  const names = Array.isArray(stored) ? (stored as unknown[]).map((name) => textOf(name)) : [];
  if (names.length === 0) return [invalid(path, names, 'must have at least one stored version')];
  const versions = recordsOf(spec['versions']);
  const lacking = versions.filter((version) => version['storage'] === true && !names.includes(textOf(version['name'])));
  const strangers = names.filter((name) => !versions.some((version) => version['name'] === name));
  return [
    ...lacking.map((version) => invalid(path, names, `must have the storage version ${textOf(version['name'])}`)),
    ...strangers.map((name) => invalid(`${path}[${names.indexOf(name)}]`, name, 'must appear in spec.versions')),
  ];
}

function approvalProblems(crd: KubeObject, spec: JsonRecord): FieldProblem[] {
  const group = textOf(spec['group']);
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return [];
  const annotation = 'api-approved.kubernetes.io';
  if (crd.metadata.annotations?.[annotation] !== undefined) return [];
  return [
    required(
      `metadata.annotations[${annotation}]`,
      'protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ),
  ];
}
