import { describe, expect, test } from '@jest/globals';
import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { factsFolder } from '../facts.ts';
import { dropZeroScalars, isAlwaysWritten, writeZeroFields } from './encoding.ts';
import { loadBuiltinSchemas } from './openapi.ts';

const schemas = loadBuiltinSchemas(factsFolder());

function schemaOf(apiVersion: string, kind: string): Schema {
  const [group = '', version = apiVersion] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const schema = schemas.schemaFor({ group, version, kind });
  if (schema === undefined) throw new Error(`no schema of ${kind}`);
  return schema;
}

interface Case {
  readonly of: readonly [apiVersion: string, kind: string];
  readonly given: object;
  readonly want: object;
}

describe('scalars that count as not given', () => {
  test.each<Case>([
    { of: ['v1', 'Pod'], given: { spec: { schedulerName: '', hostNetwork: false } }, want: { spec: {} } },
    {
      of: ['v1', 'Pod'],
      given: {
        spec: {
          imagePullSecrets: [{ name: '' }],
          containers: [{ name: '', image: '', env: [{ name: 'A', value: '' }] }],
        },
      },
      want: { spec: { imagePullSecrets: [{}], containers: [{ name: '', env: [{ name: 'A' }] }] } },
    },
    {
      of: ['apps/v1', 'Deployment'],
      given: { spec: { replicas: 0, minReadySeconds: 0, paused: false, revisionHistoryLimit: 0 } },
      want: { spec: { replicas: 0, revisionHistoryLimit: 0 } },
    },
    {
      of: ['admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy'],
      given: { spec: { validations: [{ expression: '', message: '', messageExpression: '' }] } },
      want: { spec: { validations: [{ expression: '' }] } },
    },
    { of: ['v1', 'ConfigMap'], given: { data: { a: '' } }, want: { data: { a: '' } } },
    { of: ['v1', 'Secret'], given: { type: '', immutable: false }, want: { immutable: false } },
  ])('$of: $given', ({ of, given, want }) => {
    const object = structuredClone(given);
    dropZeroScalars(object, schemaOf(...of));
    expect(object).toEqual(want);
  });
});

describe('fields that are always written', () => {
  test.each<Case>([
    {
      of: ['v1', 'Pod'],
      given: { spec: { containers: [] }, status: { conditions: [{ type: 'Ready', status: 'True' }] } },
      want: {
        spec: { containers: null },
        status: { conditions: [{ type: 'Ready', status: 'True', lastProbeTime: null, lastTransitionTime: null }] },
      },
    },
    { of: ['rbac.authorization.k8s.io/v1', 'Role'], given: { rules: [] }, want: { rules: null } },
    { of: ['rbac.authorization.k8s.io/v1', 'Role'], given: {}, want: { rules: null } },
    {
      of: ['storage.k8s.io/v1', 'CSINode'],
      given: { spec: { drivers: [{ name: 'd', nodeID: 'n' }] } },
      want: { spec: { drivers: [{ name: 'd', nodeID: 'n', topologyKeys: null }] } },
    },
    { of: ['resource.k8s.io/v1', 'ResourceClaim'], given: { spec: {} }, want: { spec: { devices: {} }, status: {} } },
    {
      of: ['batch/v1', 'Job'],
      given: { status: { active: 1 } },
      want: { spec: expect.anything(), status: { active: 1 } },
    },
    { of: ['coordination.k8s.io/v1', 'Lease'], given: { spec: {} }, want: { spec: {} } },
    { of: ['scheduling.k8s.io/v1', 'PriorityClass'], given: {}, want: { value: 0 } },
  ])('$of: $given', ({ of, given, want }) => {
    const object = structuredClone(given);
    writeZeroFields(object, schemaOf(...of));
    expect(object).toMatchObject(want);
  });

  test('a time with omitempty is left out where it is a pointer', () => {
    const object = { status: {} };
    writeZeroFields(object, schemaOf('batch/v1', 'Job'));
    expect(object.status).toEqual({});
    expect(isAlwaysWritten(schemaOf('rbac.authorization.k8s.io/v1', 'Role'), 'rules')).toBe(true);
    expect(isAlwaysWritten(schemaOf('v1', 'ConfigMap'), 'data')).toBe(false);
  });
});
