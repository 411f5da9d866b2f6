import { parseApiVersion } from '../../../machinery/src/meta.ts';
import { recordsOf, sameJson, stringOf, type JsonRecord } from '../contract/json.ts';
import { invalid } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';

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

/** The uids that several owners have. */
export function duplicateOwners(owners: unknown): string[] {
  const uids = recordsOf(owners).map((owner) => stringOf(owner['uid']));
  return [...new Set(uids.filter((uid, i) => uids.indexOf(uid) !== i))];
}

/** Owners, each once: those that are the same in all fields. */
export function distinctOwners(owners: unknown): unknown {
  if (!Array.isArray(owners)) return owners;
  const all = owners as unknown[];
  return all.filter((owner, i) => all.findIndex((other) => sameJson(other, owner)) === i);
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
