import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { packageRoot } from '../../pkg/assets/root.ts';
import type { Comparison } from './kubevela-facts.ts';
import { compareHealth, compareObjects } from './kubevela-facts.ts';

const folder = join(packageRoot(), 'templates/definitions');

/** Definitions of which some cases differ from KubeVela's, and why. */
const otherwise: Readonly<Record<string, string>> = {
  daemon: 'KubeVela ignores mountPropagation and readOnly',
  'init-container': 'KubeVela merges a volume with the default name into the first one',
  'k8s-objects': 'KubeVela fails where there is no object; here nothing is rendered',
  pvc: 'as resource',
  raw: 'as k8s-objects',
  'ref-objects': 'as k8s-objects',
  resource: 'KubeVela fails where the workload has several containers; here the first one is meant',
  securitycontext: 'KubeVela fails where there are no parameters; here there is nothing to change',
  'service-account': 'KubeVela writes a subject without a namespace, which a cluster refuses',
  storage: 'KubeVela writes the selector of a volume claim into its data source',
};
/** The same for health: KubeVela has no message where the live object has no spec. */
const otherHealth = ['expose'];

function unexplained({ different }: Comparison): readonly string[] {
  return Object.entries(different).flatMap(([name, cases]) =>
    otherwise[name] === undefined ? cases.map((each) => `${name}: ${each}`) : [],
  );
}

describe('built-in definitions with the parameters of which KubeVela’s results are recorded', () => {
  test('components and traits yield the same objects', async () => {
    const comparison = await compareObjects(folder);
    expect(unexplained(comparison)).toEqual([]);
    expect(Object.keys(otherwise).filter((name) => comparison.different[name] === undefined)).toEqual([]);
    expect(comparison.equal).toBeGreaterThan(250);
  });

  test('health, message and details are the same', async () => {
    const comparison = await compareHealth(folder);
    expect(Object.keys(comparison.different)).toEqual(otherHealth);
    expect(comparison.equal).toBeGreaterThan(170);
  });
});
