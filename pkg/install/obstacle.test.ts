import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { obstacleOf } from './obstacle.ts';

const pod = (status: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'n' },
  status,
});
const container = (status: object): KubeObject => pod({ containerStatuses: [{ name: 'c', ready: false, ...status }] });
const now = Date.parse('2026-01-01T00:01:00Z');
const ended = { terminated: { exitCode: 2 } };

describe('obstacleOf', () => {
  test.each([
    {
      name: 'a pod that starts',
      given: container({ state: { waiting: { reason: 'ContainerCreating' } } }),
      says: undefined,
    },
    { name: 'a pod that runs', given: container({ state: { running: {} } }), says: undefined },
    {
      name: 'a pod that has just started',
      given: container({ state: { running: { startedAt: '2026-01-01T00:00:50Z' } } }),
      says: undefined,
    },
    {
      name: 'a pod that runs and does not become ready',
      given: container({ state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }),
      says: 'runs for 60 s and is not ready; its log: kubectl logs -n n p',
    },
    {
      name: 'an image that cannot be pulled',
      given: container({ state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } } }),
      says: 'waits with ErrImagePull: no such image',
    },
    {
      name: 'no node',
      given: pod({ conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }] }),
      says: 'is not scheduled: 0/3 nodes are available',
    },
    {
      name: 'a container that ends',
      given: container({ restartCount: 1, lastState: ended }),
      says: 'ended 1 times, last with status 2; its log: kubectl logs -n n p --previous',
    },
  ])('$name', ({ given, says }) => {
    expect(obstacleOf(given, now)?.text).toBe(says);
  });

  test('waiting is over for a container that ends again and again, and for an image name that is none', () => {
    expect(obstacleOf(container({ restartCount: 3, lastState: ended }), now)?.isFinal).toBe(true);
    expect(obstacleOf(container({ state: { waiting: { reason: 'InvalidImageName' } } }), now)?.isFinal).toBe(true);
    expect(obstacleOf(container({ restartCount: 1, lastState: ended }), now)?.isFinal).toBe(false);
  });
});
