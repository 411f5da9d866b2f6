import { lineOf } from './audit.ts';
import type { AuditedWrite } from './audit.ts';
import { namespace } from './applications.ts';
import type { Version } from './history.ts';
import { groupBy } from './timeline.ts';
import type { Grant, Grants } from './timeline.ts';

/** What must not be, with the lines that show it. */
export interface Violation {
  readonly invariant: string;
  readonly message: string;
  readonly excerpt: readonly string[];
}

const families = new Set(['applications', 'applicationrevisions', 'resourcetrackers']);
const delivered = new Set(['configmaps', 'deployments', 'services']);

/** The Application of a write to a family or to what it delivers. */
export function applicationOfWrites(versions: readonly Version[]): (write: AuditedWrite) => string | undefined {
  const members = new Map(versions.map(({ plural, key, application }) => [`${plural}/${key}`, application]));
  return ({ plural, key }) => {
    const name = delivered.has(plural) ? /^(.*\/app-\d+)-/.exec(key)?.[1] : members.get(`${plural}/${key}`);
    const application = plural === 'applications' ? key : name;
    return application?.startsWith(`${namespace}/`) ? application : undefined;
  };
}

/** Whether a write is by a process of the fleet and took effect. */
export const isFleetWrite = ({ pod, after }: AuditedWrite): boolean => pod !== undefined && after > 0;

const isMove = ({ fieldManager }: AuditedWrite): boolean => fieldManager === 'vela-shard';

/**
 * Two processes never write on behalf of one Application at the same time: each write belongs to the latest term in
 * which its pod was entitled to it, and terms follow one another. A write that came after the end of its term counts
 * as late, and as a violation once a process with a later term has written.
 */
export function checkWriters(
  grants: Grants,
  versions: readonly Version[],
  writes: readonly AuditedWrite[],
): { readonly violations: readonly Violation[]; readonly late: number } {
  const applicationOf = applicationOfWrites(versions);
  const violations: Violation[] = [];
  let late = 0;
  const judge = (subject: string, own: readonly AuditedWrite[], terms: readonly Grant[]): void => {
    const verdict = judgeWrites(subject, own, terms);
    late += verdict.late;
    if (verdict.violation) violations.push(verdict.violation);
  };
  const ours = writes.filter(isFleetWrite);
  const ofFamilies = ours.filter(({ plural }) => families.has(plural));
  for (const [key, own] of groupBy(ofFamilies, applicationOf)) {
    judge(
      key,
      own.filter((write) => !isMove(write)),
      grants.of(key),
    );
    const masters = grants.holdersOf('master').filter((span): span is Grant => span.value !== undefined);
    judge(`${key} (moves)`, own.filter(isMove), masters);
  }
  for (const [key, own] of groupBy(
    ours.filter(({ plural }) => delivered.has(plural)),
    ({ plural, key }) => `${plural} ${key}`,
  )) {
    const [first] = own;
    const application = first && applicationOf(first);
    if (application !== undefined) judge(key, own, grants.of(application));
  }
  return { violations, late };
}

function judgeWrites(
  subject: string,
  writes: readonly AuditedWrite[],
  terms: readonly Grant[],
): { readonly late: number; readonly violation?: Violation } {
  let late = 0;
  let latest: Grant | undefined;
  for (const [i, write] of writes.entries()) {
    const term = terms.findLast(({ from, value }) => value === write.pod && from < write.after);
    const isOverlap =
      latest !== undefined && term !== undefined && term.from < latest.from && latest.value !== write.pod;
    if (term === undefined || isOverlap) {
      const what =
        term === undefined ? 'without ever having had the right to' : `after ${latest?.value ?? ''} had begun to`;
      const message = `${subject}: ${write.pod ?? ''} wrote ${what}`;
      const excerpt = [...writes.slice(Math.max(0, i - 4), i + 3).map(lineOf), ...terms.map(describe)];
      return { late, violation: { invariant: 'one writer at a time', message, excerpt } };
    }
    if (write.before >= term.to) late += 1;
    latest = term;
  }
  return { late };
}

const describe = ({ from, to, value }: Grant): string => `term of ${value}: resourceVersions ${from} to ${to}`;

/** Epochs on what shards wrote never go back, nor do the transitions of Leases that were not edited by hand. */
export function checkEpochs(versions: readonly Version[], writes: readonly AuditedWrite[]): readonly Violation[] {
  const sorted = [...versions].sort((a, b) => a.rv - b.rv);
  const tampered = writes.filter(({ plural, pod, after }) => plural === 'leases' && pod === undefined && after > 0);
  const violations: Violation[] = [];
  for (const [id, states] of groupBy(sorted, ({ plural, key }) => `${plural} ${key}`)) {
    for (const [i, state] of states.entries()) {
      const before = states[i - 1];
      if (!before || before.isDeleted || state.isDeleted) continue;
      const was = before.fences.map(epochsOf);
      const isBack =
        before.plural === 'leases'
          ? state.transitions < before.transitions &&
            !tampered.some(({ key, after }) => key === state.key && after > before.rv && after <= state.rv)
          : state.fences.map(epochsOf).some((now, n) => isBefore(now, was[n]));
      if (!isBack) continue;
      const excerpt = [before, state].map((version) => JSON.stringify(version));
      violations.push({ invariant: 'epochs never go back', message: `${id} at ${state.rv}`, excerpt });
      break;
    }
  }
  return violations;
}

type Epochs = readonly [number, number] | undefined;

function epochsOf(fence: string | undefined): Epochs {
  const [, family, lease] = /^(\d+)\.(\d+)$/.exec(fence ?? '') ?? [];
  return family === undefined ? undefined : [Number(family), Number(lease)];
}

function isBefore(now: Epochs, was: Epochs): boolean {
  if (!now || !was) return false;
  return now[0] < was[0] || (now[0] === was[0] && now[1] < was[1]);
}

/** What an Application delivers was made once: no step ran twice, nothing was taken away and made anew. */
export function checkCreations(writes: readonly AuditedWrite[]): readonly Violation[] {
  const made = writes.filter((write) => isFleetWrite(write) && write.before === 0 && isDelivered(write));
  return [...groupBy(made, ({ plural, key }) => `${plural} ${key}`)].flatMap(([id, own]) => {
    if (own.length < 2) return [];
    const message = `${id} was created ${own.length} times`;
    return [{ invariant: 'no workflow step runs twice', message, excerpt: own.map(lineOf) }];
  });
}

const isDelivered = ({ plural, key }: AuditedWrite): boolean =>
  delivered.has(plural) && key.startsWith(`${namespace}/app-`);
