import { expect, test } from '@jest/globals';
import { annotations } from '../apis/names.ts';
import { wantedBy, wish } from './give-back.ts';

test.each([
  { name: 'a replica of the same shard', notes: { [annotations.homeShard]: 'a' }, says: undefined },
  { name: 'a controller that tells nothing', notes: {}, says: undefined },
  { name: 'an adopter', notes: { [annotations.homeShard]: 'b' }, says: { [annotations.wantedBy]: 'me' } },
  {
    name: 'an adopter that knows already',
    notes: { [annotations.homeShard]: 'b', [annotations.wantedBy]: 'x' },
    says: undefined,
  },
])('a standby asks $name for the lease: $says', ({ notes, says }) => {
  expect(wish('a', 'me', notes as Record<string, string>)).toEqual(says);
});

test('the holder reads who wants the shard back', () => {
  expect(wantedBy({})).toBeUndefined();
  expect(wantedBy({ [annotations.wantedBy]: 'me' })).toBe('me');
});
