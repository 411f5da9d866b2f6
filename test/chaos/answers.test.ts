import { expect, test } from '@jest/globals';
import { changesByAnswers } from './answers.ts';
import { writesOf } from './audit.ts';
import type { Sighting } from './sightings.ts';

interface Written {
  readonly verb?: string;
  readonly code?: number;
  readonly second?: number;
  readonly uid?: string;
  readonly rv?: number;
  readonly deleting?: boolean;
  readonly finalizers?: readonly string[];
  /** The answer is a Status and not the object. */
  readonly status?: boolean;
}

/** A line as kube-apiserver writes it at level RequestResponse, for a write by a pod. */
function line({ verb = 'patch', code = 200, second = 0, uid = 'u', rv = 0, ...of }: Written): string {
  const deletion = of.deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {};
  const metadata = { name: 'c', uid, resourceVersion: String(rv), finalizers: of.finalizers, ...deletion };
  const status = { kind: 'Status', metadata: {}, status: 'Success', details: { name: 'c', uid } };
  return JSON.stringify({
    kind: 'Event',
    level: 'RequestResponse',
    stage: 'ResponseComplete',
    verb,
    requestURI: '/api/v1/namespaces/chaos/configmaps/c?fieldManager=kubevela',
    stageTimestamp: `2026-01-01T00:00:0${second}Z`,
    user: { username: 'sa', extra: { 'authentication.kubernetes.io/pod-name': ['p'] } },
    objectRef: { resource: 'configmaps', namespace: 'chaos', name: 'c' },
    responseStatus: { code },
    requestObject: { kind: 'ConfigMap' },
    responseObject: of.status ? status : { kind: 'ConfigMap', metadata, data: { a: 'b' } },
    annotations: { 'authorization.k8s.io/decision': 'allow' },
  });
}

const created = line({ code: 201, rv: 10 });

/** What a watch showed of an object, by default at the time of all lines. */
const sighting = (of: Partial<Sighting>): Sighting => ({
  plural: 'configmaps',
  key: 'chaos/c',
  uid: 'u',
  rv: 0,
  isDeleted: false,
  at: Date.parse('2026-01-01T00:00:00Z'),
  ...of,
});

interface Case {
  readonly name: string;
  readonly log: readonly string[];
  /** Beside the end of the object. */
  readonly seen?: readonly Partial<Sighting>[];
  readonly found: readonly string[];
}

test.each<Case>([
  { name: 'creates: nothing was there', log: [created], found: ['patch 0 to 10'] },
  {
    name: 'changes: the state before is what the write before it made, whatever the order of the lines',
    log: [line({ rv: 30 }), created, line({ rv: 20 })],
    found: ['patch 0 to 10', 'patch 10 to 20', 'patch 20 to 30'],
  },
  {
    name: 'changes nothing: the later one of two with the same resourceVersion',
    log: [created, line({ rv: 20, second: 2 }), line({ rv: 20, second: 1, verb: 'update' })],
    found: ['update 10 to 20', 'patch 20 to 0', 'patch 0 to 10'],
  },
  {
    name: 'is refused',
    log: [created, line({ code: 409, status: true })],
    found: ['patch 0 to 0', 'patch 0 to 10'],
  },
  {
    name: 'deletes at once: the watch shows when',
    log: [created, line({ verb: 'delete', status: true })],
    found: ['patch 0 to 10', 'delete 10 to 99'],
  },
  {
    name: 'deletes at once and is answered with the object',
    log: [created, line({ verb: 'delete', rv: 10 })],
    found: ['patch 0 to 10', 'delete 10 to 99'],
  },
  {
    name: 'deletes what waits for a finalizer: two writes, of which the last removes it',
    log: [
      created,
      line({ verb: 'delete', rv: 20, deleting: true, finalizers: ['f'] }),
      line({ rv: 20, deleting: true, second: 1 }),
    ],
    found: ['patch 0 to 10', 'delete 10 to 20', 'patch 20 to 99'],
  },
  {
    name: 'deletes, and no watch saw the deletion',
    log: [line({ code: 201, rv: 10, uid: 'v' }), line({ verb: 'delete', uid: 'v', status: true })],
    found: ['delete 10 to 0', 'patch 0 to 10'],
  },
  {
    name: 'fails and happens nevertheless: a watch saw it',
    log: [created, line({ code: 504, status: true })],
    seen: [{ rv: 10 }, { rv: 20 }],
    found: ['patch 0 to 10', 'patch 10 to 20'],
  },
  {
    name: 'fails to delete and deletes nevertheless',
    log: [created, line({ verb: 'delete', code: 500, status: true })],
    found: ['patch 0 to 10', 'delete 10 to 99'],
  },
  {
    name: 'fails long before what a watch saw',
    log: [created, line({ verb: 'delete', status: true }), line({ code: 504, status: true })],
    seen: [{ rv: 20, at: Date.parse('2026-01-01T00:01:00Z') }],
    found: ['patch 0 to 10', 'delete 10 to 99', 'patch 0 to 0'],
  },
  {
    name: 'creates anew under the same name',
    log: [created, line({ verb: 'delete', status: true }), line({ code: 201, rv: 120, uid: 'v' })],
    found: ['patch 0 to 10', 'delete 10 to 99', 'patch 0 to 120'],
  },
])('a write that $name', ({ log, seen = [], found }) => {
  const sightings = [...seen, { rv: 99, isDeleted: true }].map(sighting);
  const writes = writesOf(log.join('\n'), (lines) => changesByAnswers(lines, sightings));
  const texts = writes.map(({ verb, before, after }) => `${verb} ${before} to ${after}`);
  expect(texts.sort()).toEqual([...found].sort());
});
