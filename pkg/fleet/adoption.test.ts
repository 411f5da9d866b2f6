import { describe, expect, test } from '@jest/globals';
import { annotations } from '../apis/names.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import { formatInvitations } from '../scheduling/invitation.ts';
import type { Invitation } from '../scheduling/invitation.ts';
import { aborted } from '../reconcile/tasks.ts';
import type { Task } from '../reconcile/tasks.ts';
import { Adoption, adoptShard } from './adoption.ts';
import type { AdoptionHooks } from './adoption.ts';

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

describe('adoptShard', () => {
  const invitation: Invitation = { shard: 'b', epoch: 4, renewTime: 'then' };
  const record = { holder: 'b_1', durationMs: 15_000, acquireTime: undefined, renewTime: 'then', transitions: 4 };

  function start(informers: readonly Task[] = []) {
    const log: string[] = [];
    const stop = new AbortController();
    let hooks: AdoptionHooks = {};
    const work = async (given: AdoptionHooks, signal: AbortSignal): Promise<void> => {
      hooks = given;
      await aborted(signal);
      log.push('work ends');
    };
    const informer: Task = async (signal) => {
      await aborted(signal);
      log.push('informer ends');
    };
    const parts = { invitation, identity: 'a_1', logger: silentLogger(), informers: [informer, ...informers], work };
    return { log, stop, hooks: () => hooks, running: adoptShard(parts, stop.signal) };
  }

  test('acquires the Lease only in the state of the invitation, and without waiting', () => {
    const { hooks, stop } = start();
    const { mayStand, goneForMs } = hooks();
    expect([mayStand?.(record), mayStand?.({ ...record, transitions: 5 }), mayStand?.(undefined)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(goneForMs?.(record)).toBe(0);
    stop.abort();
  });

  test('ends when a process of the shard requests its return, its caches last', async () => {
    const { hooks, log, running } = start();
    const notes = { [annotations.wantedBy]: 'b_2' };
    hooks().onObserved?.({ ...record, holder: 'b_1' }, notes);
    await new Promise(setImmediate);
    expect(log).toEqual([]);
    hooks().onObserved?.({ ...record, holder: 'a_1' }, notes);
    await running;
    expect(log).toEqual(['work ends', 'informer ends']);
  });

  test('ends when a cache fails', async () => {
    const { log, running } = start([() => Promise.reject(new Error('broken'))]);
    await running;
    expect([...log].sort()).toEqual(['informer ends', 'work ends']);
  });
});
