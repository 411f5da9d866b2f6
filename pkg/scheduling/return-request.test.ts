import { expect, test } from '@jest/globals';
import { annotations } from '../apis/names.ts';
import { requestReturn, returnRequestedBy } from './return-request.ts';

test.each([
  { name: 'a replica of the same shard', notes: { [annotations.homeShard]: 'a' }, says: undefined },
  { name: 'a controller without a report', notes: {}, says: undefined },
  { name: 'an adopter', notes: { [annotations.homeShard]: 'b' }, says: { [annotations.wantedBy]: 'me' } },
  {
    name: 'an adopter that has a request already',
    notes: { [annotations.homeShard]: 'b', [annotations.wantedBy]: 'x' },
    says: undefined,
  },
])('a standby requests the lease from $name: $says', ({ notes, says }) => {
  expect(requestReturn('a', 'me', notes as Record<string, string>)).toEqual(says);
});

test('the holder reads the request for the return', () => {
  expect(returnRequestedBy({})).toBeUndefined();
  expect(returnRequestedBy({ [annotations.wantedBy]: 'me' })).toBe('me');
});
