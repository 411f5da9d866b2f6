import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';
import { loadAll } from 'js-yaml';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { packageRoot } from '../../../pkg/assets/root.ts';
import { runVela } from '../../../test/support/vela.ts';

let validate: ValidateFunction;

beforeAll(async () => {
  const { code, stdout: text } = await runVela(['schema', '--offline']);
  expect(code).toBe(0);
  validate = new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(text) as object);
});

/** The fields that an Application of these components, and more, has wrong. */
function problemsOf(components: readonly object[], more: object = {}): readonly string[] {
  const metadata = { name: 'web' };
  const isValid = validate({
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata,
    spec: { components, ...more },
  });
  if (isValid) return [];
  const real = (validate.errors ?? []).filter(({ keyword }) => !['if', 'anyOf', 'pattern'].includes(keyword));
  return real.map(({ instancePath, message = '', params }) => {
    const name: unknown = params['additionalProperty'] ?? params['missingProperty'];
    return `${instancePath} ${message}${typeof name === 'string' ? `: ${name}` : ''}`;
  });
}

const web = (properties: object, more: object = {}): object => ({
  name: 'web',
  type: 'webservice',
  properties,
  ...more,
});

test('admits the examples', () => {
  const folder = join(packageRoot(), 'docs/examples');
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  const applications = files.flatMap((file) =>
    (loadAll(readFileSync(join(folder, file), 'utf8')) as KubeObject[]).filter(({ kind }) => kind === 'Application'),
  );
  expect(applications.length).toBeGreaterThan(4);
  for (const application of applications) {
    validate(application);
    expect({ name: application.metadata.name, errors: validate.errors }).toEqual({
      name: application.metadata.name,
      errors: null,
    });
  }
});

describe('refuses', () => {
  test.each<{ what: string; components: readonly object[]; more?: object; says: string }>([
    {
      what: 'an unknown type',
      components: [{ name: 'web', type: 'webservise' }],
      says: '/spec/components/0/type must be equal to one of the allowed values',
    },
    {
      what: 'an undeclared parameter',
      components: [web({ image: 'nginx', imge: 'nginx' })],
      says: '/spec/components/0/properties must NOT have additional properties: imge',
    },
    {
      what: 'one inside a list',
      components: [web({ image: 'nginx', env: [{ name: 'A', valeu: 'b' }] })],
      says: '/spec/components/0/properties/env/0 must NOT have additional properties: valeu',
    },
    {
      what: 'a value of another type',
      components: [web({ image: 'nginx', ports: [{ port: '80' }] })],
      says: '/spec/components/0/properties/ports/0/port must be integer',
    },
    {
      what: 'a component without a required parameter',
      components: [web({ cpu: '1' })],
      says: "/spec/components/0/properties must have required property 'image': image",
    },
    {
      what: 'a component without properties',
      components: [{ name: 'web', type: 'webservice' }],
      says: "/spec/components/0 must have required property 'properties': properties",
    },
    {
      what: 'a wrong parameter of a trait',
      components: [web({ image: 'nginx' }, { traits: [{ type: 'scaler', properties: { replica: 2 } }] })],
      says: '/spec/components/0/traits/0/properties must NOT have additional properties: replica',
    },
    {
      what: 'a wrong parameter of a policy',
      components: [],
      more: { policies: [{ name: 'here', type: 'topology', properties: { namspace: 'prod' } }] },
      says: '/spec/policies/0/properties must NOT have additional properties: namspace',
    },
    {
      what: 'a wrong parameter of a step in a group',
      components: [],
      more: {
        workflow: {
          steps: [
            { name: 'all', type: 'step-group', subSteps: [{ name: 'a', type: 'suspend', properties: { for: 1 } }] },
          ],
        },
      },
      says: '/spec/workflow/steps/0/subSteps/0/properties must NOT have additional properties: for',
    },
  ])('$what', ({ components, more, says }) => {
    expect(problemsOf(components, more)).toContain(says);
  });
});

describe('admits', () => {
  test.each<{ what: string; components: readonly object[]; more?: object }>([
    {
      what: 'a parameter that is there beside a certain value of another one',
      components: [
        {
          name: 'worker',
          type: 'worker',
          properties: {
            image: 'busybox',
            volumes: [{ name: 'data', mountPath: '/data', type: 'pvc', claimName: 'data' }],
          },
        },
      ],
    },
    {
      what: 'a missing parameter that an input supplies',
      components: [{ name: 'web', type: 'webservice', inputs: [{ from: 'image', parameterKey: 'image' }] }],
    },
    {
      what: 'a missing parameter that an override policy may supply',
      components: [web({ cpu: '1' })],
      more: {
        policies: [
          {
            name: 'image',
            type: 'override',
            properties: { components: [{ name: 'web', properties: { image: 'nginx' } }] },
          },
        ],
      },
    },
    {
      what: 'any parameters of a version of a type',
      components: [{ name: 'web', type: 'webservice@v2', properties: { a: 1 } }],
    },
    {
      what: 'fields of a structure that is open',
      components: [],
      more: {
        workflow: {
          steps: [
            {
              name: 'say',
              type: 'notification',
              properties: { dingding: { url: { value: 'http://chat' }, message: { text: { content: 'done' } } } },
            },
          ],
        },
      },
    },
  ])('$what', ({ components, more }) => {
    expect(problemsOf(components, more)).toEqual([]);
  });
});
