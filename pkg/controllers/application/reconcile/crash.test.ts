import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed } from '../../../../test/support/application-bed.ts';
import type { FakeWrite } from '../../../../test/support/fake-kube-client.ts';
import { TransportError } from '../../../apis/api-error.ts';
import type { Application } from '../../../apis/application.ts';
import { labels } from '../../../apis/names.ts';
import { canonicalJson } from '../../../revision/hash.ts';

const web = (image: string, more: object = {}) => ({
  name: 'web',
  type: 'web',
  properties: { image, port: 80 },
  ...more,
});
const conf = (name: string, a: string, more: object = {}) => ({
  name,
  type: 'config',
  properties: { data: { a } },
  ...more,
});
const collect = [
  {
    type: 'garbage-collect',
    properties: { rules: [{ selector: { componentNames: ['keep'] }, strategy: 'onAppDelete' }] },
  },
];
const withVariables = [
  conf('from', '7', { outputs: [{ name: 'a', valueFrom: 'output.data.a' }] }),
  conf('to', '0', { inputs: [{ from: 'a', parameterKey: 'data.b' }] }),
];

interface Scenario {
  readonly name: string;
  /** What is there and settled before. */
  readonly before?: Application['spec'];
  /** What is asked for then; undefined deletes the Application. */
  readonly then: Application['spec'] | undefined;
}

const first = { components: [web('a'), conf('old', '1'), conf('keep', '1')], policies: collect };
const scenarios: readonly Scenario[] = [
  { name: 'a first delivery', then: first },
  { name: 'a delivery with variables', then: { components: withVariables } },
  {
    name: 'an update',
    before: first,
    then: { components: [web('b'), conf('new', '1'), conf('keep', '2')], policies: collect },
  },
  {
    name: 'an update of an unfinished delivery',
    before: { components: [web('slow')] },
    then: { components: [conf('new', '1')] },
  },
  { name: 'a deletion', before: first, then: undefined },
];

/** The error of a failed write. */
type Disturbance =
  | 'the process dies before the write'
  | 'the process dies after the write'
  | 'the answer is lost'
  | 'the request is lost';
const disturbances: readonly Disturbance[] = [
  'the process dies before the write',
  'the process dies after the write',
  'the answer is lost',
  'the request is lost',
];

async function begin({ before, then }: Scenario): Promise<ApplicationBed> {
  const bed = new ApplicationBed({ shard: 'shard-0' });
  const metadata = { labels: { [labels.scheduledShardId]: 'shard-0' } };
  if (before) {
    bed.put(application(before, metadata));
    await bed.settle('app', 3).catch(() => undefined);
  }
  if (then) bed.put(application(then, metadata));
  else bed.remove();
  return bed;
}

/** Lets the n-th write go wrong once. */
function disturb(bed: ApplicationBed, n: number, disturbance: Disturbance): void {
  let count = 0;
  let dead = false;
  bed.cluster.intercept = (_write: FakeWrite, moment) => {
    if (dead) throw new Error('a dead process writes');
    if (moment === 'before') count++;
    const late = disturbance === 'the process dies after the write' || disturbance === 'the answer is lost';
    if (count !== n || moment !== (late ? 'after' : 'before')) return;
    dead = disturbance.startsWith('the process dies');
    throw new TransportError('Timeout', 'no answer');
  };
}

/** Goes on as the queue would: an error is tried again, by a new process when the old one died. */
async function recover(bed: ApplicationBed, disturbance: Disturbance): Promise<void> {
  for (let i = 0; i < 5; i++) {
    try {
      await bed.settle();
      return;
    } catch {
      if (!disturbance.startsWith('the process dies')) continue;
      bed.cluster.intercept = undefined;
      bed.restart();
    }
  }
  throw new Error('it does not recover');
}

const volatile = [
  'uid',
  'resourceVersion',
  'id',
  'creationTimestamp',
  'lastTransitionTime',
  'firstExecuteTime',
  'lastExecuteTime',
  'startTime',
  'endTime',
  'managedFields',
  'vela.io/startTime',
  'generation',
  'observedGeneration',
];

/** Every object, without what differs from run to run by nature. */
function world(bed: ApplicationBed): readonly string[] {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).flatMap(([k, v]) => (volatile.includes(k) ? [] : [[k, strip(v)]])));
  };
  return bed.cluster
    .all()
    .map((o) => canonicalJson(strip(o)))
    .sort();
}

describe.each(scenarios)('$name', (scenario) => {
  test.each(disturbances)('ends as if nothing had happened, at whichever write %s', async (disturbance) => {
    const undisturbed = await begin(scenario);
    const already = undisturbed.cluster.changes.length;
    await undisturbed.settle();
    const writes = undisturbed.cluster.changes.length - already;
    expect(writes).toBeGreaterThan(2);

    for (let n = 1; n <= writes; n++) {
      const bed = await begin(scenario);
      disturb(bed, n, disturbance);
      await recover(bed, disturbance);
      bed.cluster.intercept = undefined;
      expect({ n, world: world(bed) }).toEqual({ n, world: world(undisturbed) });
      if (bed.app()) bed.remove();
      await bed.settle();
      expect({ n, left: bed.inventory() }).toEqual({ n, left: [] });
    }
  });
});
