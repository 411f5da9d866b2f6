import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { summaryOf } from './pod-summary.ts';

const running = { ready: true, restartCount: 0, state: { running: {} } };
const waiting = (reason: string) => ({ ready: false, restartCount: 0, state: { waiting: { reason } } });
const terminated = (exitCode: number, more = {}) => ({
  ready: false,
  restartCount: 0,
  state: { terminated: { exitCode, ...more } },
});
const restarted = (container: object, restartCount: number, finishedAt: string) => ({
  ...container,
  restartCount,
  lastState: { terminated: { finishedAt } },
});
const condition = (type: string, status = 'True', reason = '') => ({ type, status, reason });
const init = (...names: string[]) => names.map((name) => ({ name }));
const sidecar = (name: string) => ({ name, restartPolicy: 'Always' });
const containers = [{ name: 'a' }, { name: 'b' }];

interface Case {
  readonly name: string;
  readonly spec?: object;
  readonly status: object;
  readonly deleted?: boolean;
  readonly want: readonly [ready: string, status: string, restarts?: number];
}

describe('what kubectl shows of a pod', () => {
  test.each<Case>([
    { name: 'new', status: { phase: 'Pending' }, want: ['0/2', 'Pending'] },
    { name: 'running', status: { phase: 'Running', containerStatuses: [running, running] }, want: ['2/2', 'Running'] },
    {
      name: 'running, one not ready',
      status: { phase: 'Running', containerStatuses: [{ ...running, ready: false }, running] },
      want: ['1/2', 'Running'],
    },
    {
      name: 'waiting for an image',
      status: { phase: 'Pending', containerStatuses: [waiting('ContainerCreating'), waiting('ImagePullBackOff')] },
      want: ['0/2', 'ContainerCreating'],
    },
    {
      name: 'waiting without a reason',
      status: { phase: 'Pending', containerStatuses: [{ state: { waiting: {} } }] },
      want: ['0/2', 'Pending'],
    },
    {
      name: 'crashing',
      status: {
        phase: 'Running',
        containerStatuses: [restarted(waiting('CrashLoopBackOff'), 3, '2026-01-01T00:00:00Z'), running],
      },
      want: ['1/2', 'CrashLoopBackOff', 3],
    },
    {
      name: 'ended',
      status: { phase: 'Succeeded', containerStatuses: [terminated(0, { reason: 'Completed' })] },
      want: ['0/2', 'Completed'],
    },
    {
      name: 'ended with an error without a reason',
      status: { phase: 'Failed', containerStatuses: [terminated(3)] },
      want: ['0/2', 'ExitCode:3'],
    },
    {
      name: 'killed by a signal',
      status: { phase: 'Failed', containerStatuses: [terminated(0, { signal: 9 })] },
      want: ['0/2', 'Signal:9'],
    },
    {
      name: 'one ended, the other ready',
      status: {
        phase: 'Running',
        conditions: [condition('Ready')],
        containerStatuses: [terminated(0, { reason: 'Completed' }), running],
      },
      want: ['1/2', 'Running'],
    },
    {
      name: 'one ended, the other running in a pod that is not ready',
      status: {
        phase: 'Running',
        conditions: [condition('Ready', 'False')],
        containerStatuses: [terminated(0, { reason: 'Completed' }), running],
      },
      want: ['1/2', 'NotReady'],
    },
    {
      name: 'one ended well, the other with an error',
      status: {
        phase: 'Failed',
        containerStatuses: [terminated(0, { reason: 'Completed' }), terminated(1, { reason: 'Error' })],
      },
      want: ['0/2', 'Error'],
    },
    { name: 'evicted', status: { phase: 'Failed', reason: 'Evicted' }, want: ['0/2', 'Evicted'] },
    {
      name: 'held by scheduling gates',
      status: { phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'SchedulingGated')] },
      want: ['0/2', 'SchedulingGated'],
    },
    {
      name: 'being deleted',
      status: { phase: 'Running', containerStatuses: [running, running] },
      deleted: true,
      want: ['2/2', 'Terminating'],
    },
    {
      name: 'ended and being deleted',
      status: { phase: 'Succeeded', containerStatuses: [terminated(0, { reason: 'Completed' })] },
      deleted: true,
      want: ['0/2', 'Completed'],
    },
    {
      name: 'on a lost node and being deleted',
      status: { phase: 'Running', reason: 'NodeLost' },
      deleted: true,
      want: ['0/2', 'Unknown'],
    },
    {
      name: 'in its first init container',
      spec: { initContainers: init('i', 'j') },
      status: {
        phase: 'Pending',
        initContainerStatuses: [{ name: 'i', state: { running: {} } }, waiting('PodInitializing')],
      },
      want: ['0/2', 'Init:0/2'],
    },
    {
      name: 'in its second init container',
      spec: { initContainers: init('i', 'j') },
      status: { phase: 'Pending', initContainerStatuses: [terminated(0), waiting('PodInitializing')] },
      want: ['0/2', 'Init:1/2'],
    },
    {
      name: 'with an init container that waits',
      spec: { initContainers: init('i') },
      status: { phase: 'Pending', initContainerStatuses: [waiting('ErrImagePull')] },
      want: ['0/2', 'Init:ErrImagePull'],
    },
    {
      name: 'with an init container that fails',
      spec: { initContainers: init('i') },
      status: { phase: 'Pending', initContainerStatuses: [restarted(terminated(2), 4, '2026-01-01T00:00:00Z')] },
      want: ['0/2', 'Init:ExitCode:2', 4],
    },
    {
      name: 'with an init container that fails with a reason',
      spec: { initContainers: init('i') },
      status: { phase: 'Pending', initContainerStatuses: [terminated(1, { reason: 'OOMKilled' })] },
      want: ['0/2', 'Init:OOMKilled'],
    },
    {
      name: 'initialized: restarts of init containers do not count',
      spec: { initContainers: init('i') },
      status: {
        phase: 'Running',
        initContainerStatuses: [restarted(terminated(0), 5, '2026-01-01T00:00:00Z')],
        containerStatuses: [running, running],
      },
      want: ['2/2', 'Running', 0],
    },
    {
      name: 'with a sidecar that is ready',
      spec: { initContainers: [sidecar('s')] },
      status: {
        phase: 'Running',
        initContainerStatuses: [restarted({ ...running, name: 's', started: true }, 2, '2026-01-01T00:00:00Z')],
        containerStatuses: [running, running],
      },
      want: ['3/3', 'Running', 2],
    },
    {
      name: 'with a sidecar that has not started',
      spec: { initContainers: [sidecar('s')] },
      status: { phase: 'Pending', initContainerStatuses: [{ ...running, name: 's', ready: false, started: false }] },
      want: ['0/3', 'Init:0/1'],
    },
    {
      name: 'with a sidecar that nothing is known of',
      spec: { initContainers: [sidecar('s')] },
      status: { phase: 'Pending' },
      want: ['0/3', 'Pending'],
    },
    {
      name: 'initialized although an init container was restarted',
      spec: { initContainers: init('i') },
      status: {
        phase: 'Running',
        conditions: [condition('Initialized'), condition('Ready')],
        initContainerStatuses: [waiting('PodInitializing')],
        containerStatuses: [running, running],
      },
      want: ['2/2', 'Init:0/1'],
    },
  ])('$name', ({ spec = {}, status, deleted = false, want }) => {
    const metadata = { name: 'p', ...(deleted && { deletionTimestamp: '2026-01-01T00:00:00Z' }) };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { containers, ...spec },
      status,
    } as unknown as KubeObject;
    const { ready, total, status: shown, restarts } = summaryOf(pod);
    expect([`${ready}/${total}`, shown, restarts]).toEqual([want[0], want[1], want[2] ?? 0]);
  });

  test('the last restart is that of the container that ended last', () => {
    const status = {
      phase: 'Running',
      containerStatuses: [restarted(running, 1, '2026-01-01T00:00:01Z'), restarted(running, 1, '2026-01-01T00:00:03Z')],
    };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec: { containers }, status } as unknown as KubeObject;
    expect(summaryOf(pod)).toMatchObject({ restarts: 2, lastRestart: '2026-01-01T00:00:03Z' });
  });
});
