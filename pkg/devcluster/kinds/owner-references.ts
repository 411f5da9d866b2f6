import { parseApiVersion } from '../../apis/meta.ts';
import { stringOf, type JsonRecord } from './json.ts';
import { invalid } from './problems.ts';
import type { FieldProblem } from './strategy.ts';

const empty = 'must not be empty';

export function ownerReferenceProblems(owner: JsonRecord, field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const apiVersion = stringOf(owner['apiVersion']);
  const { version } = parseApiVersion(apiVersion);
  if (version === '') problems.push(invalid(`${field}.apiVersion`, apiVersion, 'version must not be empty'));
  for (const key of ['kind', 'name', 'uid']) {
    const value = stringOf(owner[key]);
    if (value === '') problems.push(invalid(`${field}.${key}`, value, empty));
  }
  if (owner['kind'] === 'Event' && apiVersion === 'v1') {
    problems.push(invalid(field, owner, '/v1, Kind=Event is disallowed from being an owner'));
  }
  return problems;
}

/** At most one owner controls an object. */
export function duplicateControllers(owners: readonly JsonRecord[]): FieldProblem[] {
  const [first, ...others] = owners.filter((owner) => owner['controller'] === true);
  if (first === undefined) return [];
  return others.map((other) => {
    const names = `${shown(first)} and ${shown(other)}`;
    const text = `Only one reference can have Controller set to true. Found "true" in references for ${names}`;
    return invalid('metadata.ownerReferences', owners, text);
  });
}

function shown(owner: JsonRecord): string {
  return `${stringOf(owner['kind'])}/${stringOf(owner['name'])}`;
}
