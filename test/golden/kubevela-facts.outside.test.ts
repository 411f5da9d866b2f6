import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { outsideData } from '../support/needs.mjs';
import type { Comparison } from './kubevela-facts.ts';
import { compareHealth, compareObjects, compareSteps } from './kubevela-facts.ts';

const folder = process.env['KUBEVELA_DEFINITIONS'] ?? join(outsideData, 'fixtures/upstream/definitions');

const merging = 'KubeVela refuses a patch with a shorter list than the workload has';
const empty = 'KubeVela fails where there is no object; here nothing is rendered';
const older = 'actions of the older package are single actions here, in KubeVela groups of them';
const results = 'the results of the older placements action are fields of their own';
const order = 'the answer of CUE 0.14.1 depends on the order of declarations';
const otherwise: Readonly<Record<string, string>> = {
  'init-container': 'KubeVela merges a volume with the default name into the first one',
  'k8s-objects': empty,
  raw: empty,
  'ref-objects': empty,
  pvc: merging,
  resource: merging,
  'apply-application': older,
  'apply-application-in-parallel': older,
  'apply-remaining': older,
  'deploy-cloud-resource': older,
  deploy2env: older,
  'share-cloud-resource': older,
  'export-data': results,
  'export-service': results,
  'clean-jobs': order,
  'restart-workflow': order,
};

function unexplained({ different }: Comparison): readonly string[] {
  return Object.entries(different).flatMap(([name, cases]) =>
    otherwise[name] === undefined ? cases.map((each) => `${name}: ${each}`) : [],
  );
}

describe("KubeVela's own definitions with the parameters of which its results are recorded", () => {
  test('components and traits yield the same objects', async () => {
    const comparison = await compareObjects(folder);
    expect(unexplained(comparison)).toEqual([]);
    expect(comparison.equal).toBeGreaterThan(200);
  });

  test('health, message and details are the same', async () => {
    const comparison = await compareHealth(folder);
    expect(unexplained(comparison)).toEqual([]);
    expect(comparison.equal).toBeGreaterThan(40);
  });

  test('workflow steps ask for the same actions with the same parameters', async () => {
    const comparison = await compareSteps(folder);
    expect(unexplained(comparison)).toEqual([]);
    expect(comparison.equal).toBeGreaterThan(100);
  });
});
