import { beforeEach, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { Stored } from './stored.ts';
import { ServiceIndex } from './service-index.ts';

const service = (uid: string, clusterIP: string, ...nodePorts: readonly number[]): Stored => {
  const spec = { clusterIP, ports: nodePorts.map((nodePort) => ({ port: 80, nodePort })) };
  const object: KubeObject = { apiVersion: 'v1', kind: 'Service', metadata: { name: uid, uid }, spec };
  return new Stored(`default/${uid}`, 1, object);
};

let index: ServiceIndex;

beforeEach(() => {
  index = new ServiceIndex();
});

test('gives out each address once, also to two requests before either is stored', () => {
  index.set(service('a', '10.96.0.3'), undefined);
  expect([index.addresses.free(), index.addresses.free()]).toEqual(['10.96.0.2', '10.96.0.4']);
});

test('an address is taken for others, not for the one that has it', () => {
  index.set(service('a', '10.96.0.3', 30_001), undefined);
  expect(index.addresses.isTaken('10.96.0.3', 'a')).toBe(false);
  expect(index.addresses.isTaken('10.96.0.3', 'b')).toBe(true);
  expect(index.ports.isTaken(30_001, 'b')).toBe(true);
});

test('what a Service gives up may be taken again', () => {
  const before = service('a', '10.96.0.3', 30_001, 30_002);
  index.set(before, undefined);
  index.set(service('a', '10.96.0.3', 30_002), before);
  expect([30_001, 30_002].map((port) => index.ports.isTaken(port, 'b'))).toEqual([false, true]);
  index.delete(service('a', '10.96.0.3', 30_002));
  expect(index.ports.isTaken(30_002, 'b')).toBe(false);
  expect(index.addresses.isTaken('10.96.0.3', 'b')).toBe(false);
});

test('Services without an address share nothing', () => {
  index.set(service('a', 'None'), undefined);
  expect(index.addresses.isTaken('None', 'b')).toBe(false);
});

test('there is an end to ports', () => {
  for (let n = 0; n < 2_768; n += 1) index.set(service(`s-${n}`, 'None', 30_000 + n), undefined);
  expect(index.ports.free()).toBeUndefined();
});
