import { describe, expect, test } from '@jest/globals';
import { annotations } from '../../pkg/apis/names.ts';
import { silentLogger } from '../../pkg/logging/logger.ts';
import { formatInvitations } from '../../pkg/scheduling/invitation.ts';
import type { Invitation } from '../../pkg/scheduling/invitation.ts';
import { Adoption } from './adoption.ts';

const inviting = (...invitations: readonly Partial<Invitation>[]): Record<string, string> => ({
  [annotations.adopt]: formatInvitations(
    invitations.map((given) => ({ shard: 'b', epoch: 1, renewTime: 'then', ...given })),
  ),
});

class Bed {
  readonly log: string[] = [];
  readonly ends = new Map<string, (error?: Error) => void>();
  readonly adoption = new Adoption({
    home: 'a',
    logger: silentLogger(),
    adopt: ({ shard, epoch }, signal) => {
      this.log.push(`${shard}@${epoch}`);
      return new Promise((resolve, reject) => {
        this.ends.set(shard, (error) => {
          if (error) reject(error);
          else resolve();
        });
        signal.addEventListener('abort', () => {
          this.log.push(`${shard} ends`);
          resolve();
        });
      });
    },
  });
}

describe('Adoption', () => {
  test('follows each invitation once, but never one to its own shard', () => {
    const { adoption, log } = new Bed();
    adoption.follow({});
    adoption.follow(inviting({ shard: 'a' }, { shard: 'b' }));
    adoption.follow(inviting({ shard: 'b' }, { shard: 'c', drain: true }));
    expect([log, adoption.shards]).toEqual([
      ['b@1', 'c@1'],
      ['b', 'c'],
    ]);
  });

  test.each([undefined, new Error('broken')])('after the end (%p) only a new invitation counts', async (error) => {
    const { adoption, log, ends } = new Bed();
    adoption.follow(inviting({}));
    ends.get('b')?.(error);
    await new Promise(setImmediate);
    expect(adoption.shards).toEqual([]);
    adoption.follow(inviting({}));
    adoption.follow(inviting({ epoch: 3 }));
    expect(log).toEqual(['b@1', 'b@3']);
  });

  test('gives everything up when the process ends, and waits for it', async () => {
    const { adoption, log } = new Bed();
    const stop = new AbortController();
    const running = adoption.run(stop.signal);
    adoption.follow(inviting({}));
    stop.abort(new Error('stop'));
    await running;
    adoption.follow(inviting({ epoch: 9 }));
    expect(log).toEqual(['b@1', 'b ends']);
  });
});
