import { describe, expect, test } from '@jest/globals';
import { explore } from '../../test/support/explore.ts';
import type { Exploration, Step as ModelStep } from '../../test/support/explore.ts';
import { fenceOn, fenceText, parseFence } from '../apis/fence.ts';
import type { Fence } from '../apis/fence.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { annotations, labels } from '../apis/names.ts';
import { hasMarks } from './known.ts';
import { deliveredBy, delivererOf } from './deliverer.ts';
import { isDelivered, isSettled, planWrite } from './fenced-write.ts';

/*
 * One delivered resource through failovers and moves of its Application. Its owner reads the resource, asks
 * what a write would change, and writes, each a request of its own; in between people edit or delete it, or change what
 * is wanted, and the owner changes. Of an owner that has died what it sent may still arrive.
 *
 * The steps use the production functions; the switches take single rules away, to show that each of them is needed.
 */

interface Rules {
  /** What is seen to be right already is left as it is. */
  readonly leaves: boolean;
  /** A new owner asks first whether a write would change anything but its marks. */
  readonly asks: boolean;
  /** It asks with the fence, and with the shard, that the resource carries. */
  readonly keepsFence: boolean;
  readonly keepsShard: boolean;
  /** What was answered is compared with what is there. */
  readonly compares: boolean;
  /** The API server refuses writes that carry an older fence than the resource. */
  readonly deliveryFence: boolean;
}

const protocol: Rules = {
  leaves: true,
  asks: true,
  keepsFence: true,
  keepsShard: true,
  compares: true,
  deliveryFence: true,
};

interface Sent {
  readonly object: KubeObject;
  /** Whether something beside the marks was found to be wrong. */
  readonly isNeeded: boolean;
}

/** What the present owner is at. */
type Doing =
  | { readonly at: 'rest' }
  | { readonly at: 'leave'; readonly live: KubeObject }
  | { readonly at: 'ask'; readonly live: KubeObject; readonly asked: KubeObject; readonly object: KubeObject }
  | ({ readonly at: 'write' } & Sent);

interface World {
  /** The content that is wanted; undefined on a deleted resource. */
  readonly wanted: number;
  readonly live: KubeObject | undefined;
  readonly fence: Fence;
  readonly shard: string;
  readonly doing: Doing;
  /** The marks that the owner knows the resource to carry. */
  readonly known:
    | { readonly uid: string | undefined; readonly fence: string | undefined; readonly shard: string | undefined }
    | undefined;
  /** How often the resource was created. */
  readonly births: number;
  /** A write of an earlier owner that may still arrive. */
  readonly late: Sent | undefined;
  readonly edits: number;
  readonly changes: number;
  readonly failovers: number;
  readonly moves: number;
}

type Step = ModelStep<World>;

const edited = -1;

/** As the owner renders it. */
const rendered = ({ wanted, shard }: Pick<World, 'wanted' | 'shard'>): KubeObject =>
  deliveredBy(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x', labels: { [labels.renderHash]: String(wanted) } },
      data: { content: wanted },
    },
    shard,
  );
const contentOf = (object: KubeObject | undefined): number | undefined =>
  (object?.['data'] as { readonly content: number } | undefined)?.content;

const marked = (object: KubeObject, fence: string): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, annotations: { [annotations.shardFence]: fence } },
});
const named = (object: KubeObject, uid: string | undefined): KubeObject =>
  uid === undefined ? object : { ...object, metadata: { ...object.metadata, uid } };
const uidOf = (object: KubeObject | undefined): string | undefined => object?.metadata.uid;

const start: World = {
  wanted: 0,
  live: named(marked(rendered({ wanted: 0, shard: 's' }), '0.0'), 'u1'),
  fence: { family: 0, lease: 0 },
  shard: 's',
  doing: { at: 'rest' },
  known: { uid: 'u1', fence: '0.0', shard: 's' },
  births: 1,
  late: undefined,
  edits: 0,
  changes: 0,
  failovers: 0,
  moves: 0,
};

/** Server-side apply: what is sent replaces the fields of the same names. */
function applied(live: KubeObject | undefined, { metadata, ...rest }: KubeObject): KubeObject {
  const { labels: own, annotations: notes } = live?.metadata ?? {};
  return {
    ...live,
    ...rest,
    metadata: {
      ...live?.metadata,
      ...metadata,
      labels: sorted({ ...own, ...metadata.labels }),
      annotations: sorted({ ...notes, ...metadata.annotations }),
    },
  };
}

const sorted = (record: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

function stepsOf(world: World, rules: Rules): Step[] {
  return [...people(world), ...takeovers(world), ...owner(world, rules), ...late(world, rules)];
}

function people(world: World): Step[] {
  const { live, edits, changes, wanted } = world;
  const steps: Step[] = [];
  if (edits > 0 && live) {
    const left = { ...world, edits: edits - 1 };
    steps.push(
      { name: 'another writer edits it', next: { ...left, live: { ...live, data: { content: edited } } } },
      { name: 'another writer deletes it', next: { ...left, live: undefined } },
    );
  }
  // the present action of the owner is about the former content; it reads the resource again afterwards
  if (changes > 0) steps.push({ name: 'something else is wanted', next: { ...world, wanted: wanted + 1, changes: 0 } });
  return steps;
}

/** A new owner knows nothing. The old one has acknowledged a move, or has crashed and left its requests. */
function takeovers(world: World): Step[] {
  const { doing, fence, failovers, moves } = world;
  const fresh: World = { ...world, doing: { at: 'rest' }, known: undefined };
  const steps: Step[] = [];
  if (failovers > 0) {
    const left = doing.at === 'write' ? { object: doing.object, isNeeded: doing.isNeeded } : world.late;
    const next = { ...fresh, fence: { ...fence, lease: fence.lease + 1 }, late: left, failovers: failovers - 1 };
    steps.push({ name: 'the shard is adopted', next });
  }
  if (moves > 0 && doing.at === 'rest' && !world.late) {
    const next = { ...fresh, fence: { family: fence.family + 1, lease: 0 }, shard: 't', moves: moves - 1 };
    steps.push({ name: 'the Application is moved', next });
  }
  return steps;
}

function owner(world: World, rules: Rules): Step[] {
  const { doing } = world;
  switch (doing.at) {
    case 'rest':
      return [{ name: 'the owner reads', next: { ...world, doing: afterRead(world, rules) } }];
    case 'leave':
      return [{ name: 'the owner leaves it', next: remembering({ ...world, doing: { at: 'rest' } }, doing.live) }];
    case 'ask':
      return [{ name: 'the owner is answered', next: answered(world, doing, rules) }];
    case 'write': {
      const rest: World = { ...world, doing: { at: 'rest' } };
      const { next, violation } = landed(rest, doing, rules);
      // a conflict is dropped and the resource read again
      const known = next === rest ? { ...next, known: undefined } : remembering(next, next.live);
      return [{ name: 'the write of the owner arrives', next: known, violation }];
    }
  }
}

function afterRead(world: World, rules: Rules): Doing {
  const { live, fence, known, shard } = world;
  const text = fenceText(fence);
  const isKnown = hasMarks(known, { fence: text, shard });
  const object = named(rendered(world), isKnown ? known.uid : uidOf(live));
  const plan = planWrite({ object, live: isKnown ? undefined : live }, text);
  const isNeeded = !live || contentOf(live) !== world.wanted;
  if (rules.leaves && live && isDelivered(object, live)) return { at: 'leave', live };
  if (!live || plan.do === 'write' || !rules.asks) return { at: 'write', object: plan.object, isNeeded };
  const withFence = rules.keepsFence ? plan.asked : marked(plan.asked, text);
  const asked = rules.keepsShard ? withFence : deliveredBy(withFence, shard);
  return { at: 'ask', live, asked, object: plan.object };
}

function answered(world: World, { live, asked, object }: Doing & { readonly at: 'ask' }, rules: Rules): World {
  // the resource that was read does not exist any more
  if (uidOf(world.live) !== uidOf(asked)) return { ...world, doing: { at: 'rest' }, known: undefined };
  const answer = applied(world.live, asked);
  if (!rules.compares || isSettled(live, answer)) return remembering({ ...world, doing: { at: 'rest' } }, live);
  const isNeeded = contentOf(live) !== contentOf(answer) || !world.live;
  return { ...world, doing: { at: 'write', object, isNeeded } };
}

const remembering = (world: World, live: KubeObject | undefined): World => ({
  ...world,
  known: live && { uid: uidOf(live), fence: fenceOn(live), shard: delivererOf(live) },
});

/** A write reaches the API server, which refuses one for another object of this name, and one with an older fence. */
function landed(world: World, { object, isNeeded }: Sent, { deliveryFence }: Rules): Omit<Step, 'name'> {
  const { live, births } = world;
  if (uidOf(live) !== uidOf(object)) return { next: world };
  const isOlder = live !== undefined && orderOf(object) < orderOf(live);
  if (isOlder && deliveryFence) return { next: world };
  const after = live ? applied(live, object) : named(applied(live, object), `u${births + 1}`);
  const next = { ...world, live: after, births: live ? births : births + 1 };
  if (isOlder) return { next, violation: 'an older write replaced a newer one' };
  const isRepair = !live || contentOf(live) !== contentOf(after);
  if (isNeeded || isRepair || isSettled(live, after)) return { next };
  return { next, violation: 'what was right already was written' };
}

function orderOf(object: KubeObject): number {
  const { family = 0, lease = 0 } = parseFence(fenceOn(object)) ?? {};
  return 10 * family + lease;
}

function late(world: World, rules: Rules): Step[] {
  const { late: sent } = world;
  if (!sent) return [];
  const gone: World = { ...world, late: undefined };
  return [
    { name: 'what a dead owner sent arrives', ...landed(gone, sent, rules) },
    { name: 'what a dead owner sent is lost', next: gone },
  ];
}

const isRight = ({ live, wanted, doing }: World): boolean => doing.at === 'rest' && contentOf(live) === wanted;

function exploreDelivered(rules: Rules, what: Partial<World>): Exploration {
  return explore({ start: { ...start, ...what }, steps: (world) => stepsOf(world, rules), isGood: isRight });
}

/** As it was delivered before there were shards. */
const unlabelled = {
  ...start.live,
  metadata: { name: 'x', uid: 'u1', labels: { [labels.renderHash]: '0' } },
} as KubeObject;
const takeoversOf = { failovers: 2, moves: 1 };

describe('a delivered resource through failovers and moves, explored exhaustively', () => {
  test.each<{ name: string; what: Partial<World>; atLeast: number }>([
    { name: 'no other writer changes', what: {}, atLeast: 30 },
    {
      name: 'people edit and delete, and of which something else is wanted',
      what: { edits: 2, changes: 1 },
      atLeast: 5_000,
    },
    { name: 'no shard was known of', what: { live: unlabelled, known: undefined, edits: 1 }, atLeast: 400 },
  ])('that $name is written only where its content is wrong, and is right in the end', ({ what, atLeast }) => {
    const { states, violations, stuck } = exploreDelivered(protocol, { ...takeoversOf, ...what });
    expect(Object.fromEntries(violations)).toEqual({});
    expect(stuck).toBe(0);
    expect(states).toBeGreaterThan(atLeast);
  });

  test('without other writers is never written at all', () => {
    const { violations } = explore({
      start: { ...start, ...takeoversOf },
      steps: (world) =>
        stepsOf(world, protocol).map((step) => ({
          ...step,
          violation: isSettled(world.live ?? unlabelled, step.next.live ?? unlabelled) ? undefined : step.name,
        })),
      isGood: isRight,
    });
    expect(Object.fromEntries(violations)).toEqual({});
  });

  test.each<{ name: string; without: Partial<Rules>; what: Partial<World>; breaks: readonly string[] }>([
    {
      name: 'asking what a write would change',
      without: { leaves: false, asks: false },
      what: { failovers: 1 },
      breaks: ['what was right already was written'],
    },
    {
      name: 'keeping the fence that it carries',
      without: { leaves: false, keepsFence: false },
      what: { failovers: 1 },
      breaks: ['what was right already was written'],
    },
    {
      name: 'keeping the shard that it carries',
      without: { leaves: false, keepsShard: false },
      what: { moves: 1 },
      breaks: ['what was right already was written'],
    },
    {
      name: 'the fence of the API server',
      without: { deliveryFence: false },
      what: { failovers: 1, edits: 1 },
      breaks: ['an older write replaced a newer one'],
    },
  ])('without $name it breaks', ({ without, what, breaks }) => {
    const { violations } = exploreDelivered({ ...protocol, ...without }, what);
    expect([...violations.keys()].sort()).toEqual([...breaks]);
  });

  test('without comparing what was answered an edit stays', () => {
    const { stuck } = exploreDelivered({ ...protocol, leaves: false, compares: false }, { failovers: 1, edits: 1 });
    expect(stuck).toBeGreaterThan(0);
  });
});
