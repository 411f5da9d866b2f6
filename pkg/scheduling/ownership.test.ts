import { describe, expect, test } from '@jest/globals';
import { annotations, labels } from '../apis/names.ts';
import type { Move, Ownership } from './handover.ts';
import { hasRemains, ownershipOf, ownershipPatch } from './ownership.ts';

const move: Move = {
  id: 'x',
  from: 's',
  to: 't',
  quiesced: 'no',
  requestedAt: 7,
  reason: 'drain',
  cancelled: false,
};
const acknowledged: Move = { ...move, quiesced: 'acknowledged' };

function object(shard: string | undefined, target: string | undefined, note?: unknown, epoch?: string) {
  return {
    metadata: {
      labels: {
        ...(shard !== undefined && { [labels.scheduledShardId]: shard }),
        ...(target !== undefined && { [labels.shardMove]: target }),
      },
      annotations: {
        ...(note !== undefined && { [annotations.shardMove]: typeof note === 'string' ? note : JSON.stringify(note) }),
        ...(epoch !== undefined && { [annotations.shardEpoch]: epoch }),
      },
    },
  };
}

const bare = { id: 'label', from: 's', quiesced: 'no', requestedAt: 0, reason: 'label', cancelled: false };

describe('ownershipOf', () => {
  test.each<{ name: string; given: ReturnType<typeof object>; move: Move | undefined }>([
    { name: 'nothing', given: object('s', undefined), move: undefined },
    { name: 'a label alone is a request', given: object('s', 't'), move: { ...bare, to: 't' } as Move },
    { name: 'a label with the own shard is none', given: object('s', 's'), move: undefined },
    { name: 'both', given: object('s', 't', move), move },
    { name: 'a label taken away before the acknowledgement', given: object('s', undefined, move), move: undefined },
    { name: 'another label before it', given: object('s', 'u', move), move: { ...bare, to: 'u' } as Move },
    { name: 'acknowledged', given: object('s', 't', acknowledged), move: acknowledged },
    {
      name: 'a label taken away after it',
      given: object('s', undefined, acknowledged),
      move: { ...acknowledged, cancelled: true },
    },
    {
      name: 'another label after it',
      given: object('s', 'u', acknowledged),
      move: { ...acknowledged, cancelled: true },
    },
    { name: 'what is left of a move from another shard', given: object('u', undefined, acknowledged), move: undefined },
    { name: 'nonsense', given: object('s', 't', '{"from":1'), move: { ...bare, to: 't' } as Move },
    { name: 'nonsense of another kind', given: object('s', undefined, '[3]'), move: undefined },
    { name: 'no shard', given: object('', 't', move), move: undefined },
  ])('$name', ({ given, move: expected }) => {
    expect(ownershipOf(given).move).toEqual(expected);
  });

  test.each([
    { text: undefined, epoch: 0 },
    { text: '12', epoch: 12 },
    { text: '-1', epoch: 0 },
    { text: 'x', epoch: 0 },
  ])('reads epoch $epoch from $text', ({ text, epoch }) => {
    expect(ownershipOf(object('s', undefined, undefined, text)).epoch).toBe(epoch);
  });

  test.each([
    { name: 'nothing', given: object('s', undefined), remains: false },
    { name: 'a move', given: object('s', 't', acknowledged), remains: false },
    { name: 'a move that was taken back', given: object('s', undefined, acknowledged), remains: false },
    { name: 'a move of an object with a new label', given: object('t', 't', acknowledged), remains: true },
    { name: 'the same without the label of the move', given: object('u', undefined, move), remains: true },
    { name: 'no shard', given: object(undefined, 't', acknowledged), remains: false },
    { name: 'nonsense', given: object('t', undefined, '{"from":1'), remains: false },
  ])('remains of a move in $name: $remains', ({ given, remains }) => {
    expect(hasRemains(given)).toBe(remains);
  });

  test.each<Ownership>([
    { shard: 's', epoch: 0, move: undefined },
    { shard: 's', epoch: 3, move },
    { shard: 's', epoch: 3, move: { ...acknowledged, cancelled: true } },
  ])('reads back what was written: %j', (own) => {
    const patch = ownershipPatch(own);
    const kept = (all: Readonly<Record<string, string | null>>): Record<string, string> =>
      Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null));
    expect(ownershipOf({ metadata: { labels: kept(patch.labels), annotations: kept(patch.annotations) } })).toEqual(
      own,
    );
  });
});
