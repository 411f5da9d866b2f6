import type { KubeObject } from '../../../machinery/src/meta.ts';
import { deepEqual } from '../../../machinery/src/patch/equality.ts';
import { at, recordOf, recordsOf, textOf, type JsonRecord } from '../contract/json.ts';
import { acceptedNames } from './crd.ts';

/** A condition of a CustomResourceDefinition. */
interface CrdCondition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/**
 * The status of a definition once its names are compared with those that others of its group hold: the accepted names and
 * the conditions NamesAccepted and Established. The same object when nothing changes.
 */
export function establish(crd: KubeObject, others: readonly KubeObject[], now: string): KubeObject {
  const taken = namesTaken(crd, others);
  const wanted = at(crd, 'spec', 'names');
  const accepted: JsonRecord = { plural: '', kind: '', ...acceptedNames(crd) };
  const conflicts: { reason: string; message: string }[] = [];
  const claim = (key: string, reason: string, used: ReadonlySet<string>) => {
    const name = textOf(wanted[key]);
    if (name !== '' && accepted[key] !== name && used.has(name))
      conflicts.push({ reason, message: `${JSON.stringify(name)} is already in use` });
    else if (name !== '') accepted[key] = name;
  };
  claim('plural', 'PluralConflict', taken.resources);
  claim('singular', 'SingularConflict', taken.resources);
  claimShortNames(wanted, accepted, taken.resources, conflicts);
  claim('kind', 'KindConflict', taken.kinds);
  claim('listKind', 'ListKindConflict', taken.kinds);
  if (wanted['categories'] !== undefined) accepted['categories'] = wanted['categories'];
  const status: JsonRecord = { ...recordOf(crd['status']), acceptedNames: accepted };
  const conditions = conditionsAfter(crd, conflicts.at(-1)).reduce(
    (list, condition) => withCondition(list, condition, now),
    recordsOf(status['conditions']),
  );
  const updated = { ...status, conditions };
  return deepEqual(updated, crd['status']) ? crd : { ...crd, status: updated };
}

function claimShortNames(
  wanted: JsonRecord,
  accepted: JsonRecord,
  used: ReadonlySet<string>,
  conflicts: { reason: string; message: string }[],
): void {
  const names = listOf(wanted['shortNames']);
  if (names.length === 0) return;
  const had = listOf(accepted['shortNames']);
  const clashes = names.filter((name) => !had.includes(name) && used.has(name));
  if (clashes.length === 0) accepted['shortNames'] = names;
  else
    conflicts.push({
      reason: 'ShortNamesConflict',
      message: clashes.map((name) => `${JSON.stringify(name)} is already in use`).join(', '),
    });
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? (value as unknown[]).map((name) => textOf(name)) : [];
}

function namesTaken(crd: KubeObject, others: readonly KubeObject[]): { resources: Set<string>; kinds: Set<string> } {
  const group = at(crd, 'spec')['group'];
  const names = others
    .filter((other) => other.metadata.name !== crd.metadata.name && at(other, 'spec')['group'] === group)
    .map(acceptedNames);
  const texts = (...keys: string[]) =>
    names.flatMap((of) => keys.flatMap((key) => (Array.isArray(of[key]) ? listOf(of[key]) : [textOf(of[key])])));
  return { resources: new Set(texts('plural', 'singular', 'shortNames')), kinds: new Set(texts('kind', 'listKind')) };
}

function conditionsAfter(crd: KubeObject, conflict: { reason: string; message: string } | undefined): CrdCondition[] {
  const isEstablished = recordsOf(at(crd, 'status')['conditions']).some(
    (condition) => condition['type'] === 'Established' && condition['status'] === 'True',
  );
  if (conflict) {
    const names: CrdCondition = { type: 'NamesAccepted', status: 'False', ...conflict };
    const established: CrdCondition = {
      type: 'Established',
      status: 'False',
      reason: 'NotAccepted',
      message: 'not all names are accepted',
    };
    return isEstablished ? [names] : [names, established];
  }
  return [
    { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
    {
      type: 'Established',
      status: 'True',
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    },
  ];
}

/** The conditions with this one set; its time of transition changes only with its status. */
function withCondition(conditions: readonly JsonRecord[], condition: CrdCondition, now: string): JsonRecord[] {
  const old = conditions.find(({ type }) => type === condition.type);
  const lastTransitionTime = old?.['status'] === condition.status ? old['lastTransitionTime'] : now;
  const young: JsonRecord = { ...condition, lastTransitionTime };
  return old ? conditions.map((other) => (other === old ? young : other)) : [...conditions, young];
}
