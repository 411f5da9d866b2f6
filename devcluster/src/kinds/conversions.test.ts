import { expect, test } from '@jest/globals';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { conversionOf } from './conversions.ts';
import type { MutableObject } from '../contract/strategy.ts';

const resource = (group: string, version: string, plural: string): Resource => ({
  group,
  version,
  plural,
  kind: '',
  namespaced: true,
});

test('an autoscaler in v1 keeps what only v2 can say', () => {
  const conversion = conversionOf(resource('autoscaling', 'v1', 'horizontalpodautoscalers'));
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } };
  const memory = {
    type: 'Resource',
    resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
  };
  const stored: KubeObject = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h' },
    spec: { maxReplicas: 3, metrics: [cpu, memory], behavior: { scaleDown: { selectPolicy: 'Max' } } },
    status: { desiredReplicas: 1, currentMetrics: null },
  };
  const shown = conversion?.fromStorage(stored);
  expect(shown).toMatchObject({
    apiVersion: 'autoscaling/v1',
    spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 70 },
    status: { currentReplicas: 0, desiredReplicas: 1 },
  });
  expect(shown?.['spec']).not.toHaveProperty('metrics');
  const back = conversion?.toStorage(shown as unknown as MutableObject);
  expect(back).toMatchObject({ metadata: { name: 'h' }, spec: stored['spec'] });
  expect(back?.metadata).not.toHaveProperty('annotations');
});

test('an event is the same in both groups', () => {
  const conversion = conversionOf(resource('events.k8s.io', 'v1', 'events'));
  const event = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'e' },
    regarding: { kind: 'Pod', name: 'p' },
    note: 'hello',
    reportingController: 'c',
  };
  const stored = conversion?.toStorage(event);
  expect(stored).toMatchObject({
    apiVersion: 'v1',
    involvedObject: { name: 'p' },
    message: 'hello',
    reportingComponent: 'c',
  });
  expect(conversion?.fromStorage(stored as unknown as KubeObject)).toEqual(event);
});

test('other kinds are stored as they are', () => {
  expect(conversionOf(resource('autoscaling', 'v2', 'horizontalpodautoscalers'))).toBeUndefined();
  expect(conversionOf(resource('apps', 'v1', 'deployments'))).toBeUndefined();
});
