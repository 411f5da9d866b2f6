import { describe, expect, test } from '@jest/globals';
import { formatInvitations, isInvitedTo, parseInvitations } from './invitation.ts';
import type { Invitation } from './invitation.ts';

const invitation: Invitation = { shard: 'shard-3', epoch: 5, renewTime: '2026-01-01T00:00:00.000000Z' };

describe('invitations', () => {
  test('come back as they were written', () => {
    const all = [invitation, { ...invitation, shard: 'shard-4', drain: true } as const];
    expect(parseInvitations(formatInvitations(all))).toEqual(all);
  });

  test.each([undefined, '', 'shard-3@5', '{}', '[null]', '[{"shard":"","epoch":1}]', '[{"shard":"a","epoch":"1"}]'])(
    'none are read from %p',
    (text) => {
      expect(parseInvitations(text)).toEqual([]);
    },
  );

  test('are void once the lease was acquired or renewed', () => {
    const { renewTime } = invitation;
    expect(isInvitedTo(invitation, { transitions: 5, renewTime })).toBe(true);
    expect(isInvitedTo(invitation, { transitions: 6, renewTime })).toBe(false);
    expect(isInvitedTo(invitation, { transitions: 5, renewTime: '2026-01-01T00:00:02.000000Z' })).toBe(false);
  });
});
