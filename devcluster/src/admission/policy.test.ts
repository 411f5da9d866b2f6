import { describe, expect, test } from '@jest/globals';
import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import type { AdmissionRequest } from '../contract/admission.ts';
import { MutatingPolicies, type MutatingSurroundings } from './mutating-policy.ts';
import { ValidatingPolicies } from './policy.ts';

const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const rules = {
  resourceRules: [
    { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] },
  ],
};

const named = (kind: string, name: string, spec: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind,
  metadata: { name, ...metadata },
  spec,
});

function configMap(name: string, data: Record<string, string> = {}, labels: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', labels }, data };
}

interface World {
  readonly policy: object;
  readonly binding?: object;
  readonly params?: readonly KubeObject[];
}

function surroundings({ policy, binding = {}, params = [] }: World): MutatingSurroundings {
  return {
    list: (_, plural) => [
      named(
        'x',
        'p',
        plural.endsWith('bindings')
          ? { policyName: 'p', validationActions: ['Deny'], ...binding }
          : { matchConstraints: rules, ...policy },
      ),
    ],
    namespace: (name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { team: 'a' } } }),
    equivalents: () => [],
    authorizer: { authorize: ({ verb, user }) => ({ allowed: verb === 'frob' && user.name === 'alice', reason: '' }) },
    complete: (_, object) => object,
    findParams: (apiVersion, kind) =>
      apiVersion === 'v1' && kind === 'ConfigMap'
        ? {
            namespaced: true,
            find: (namespace, name) =>
              params.filter(
                ({ metadata }) => metadata.namespace === namespace && (name === undefined || metadata.name === name),
              ),
          }
        : undefined,
    schemaFor: () => undefined,
  };
}

function request(object: KubeObject, more: Partial<AdmissionRequest> = {}): AdmissionRequest & { warnings: string[] } {
  const warnings: string[] = [];
  return {
    operation: 'CREATE',
    resource: configMaps,
    subresource: '',
    namespace: 'default',
    name: object.metadata.name ?? '',
    object,
    oldObject: undefined,
    user: { name: 'alice', groups: [] },
    dryRun: false,
    options: undefined,
    warn: (text) => warnings.push(text),
    warnings,
    ...more,
  };
}

/** `allowed`, or the code and message of the refusal. */
function verdict(world: World, asked: AdmissionRequest): string {
  try {
    new ValidatingPolicies(surroundings(world)).validate(asked);
    return 'allowed';
  } catch (error) {
    const { status } = error as { status: { code: number; message: string } };
    return `${status.code} ${status.message}`;
  }
}

const prefix = "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: ";

describe('validations', () => {
  test.each<{ name: string; world: World; object?: KubeObject; more?: Partial<AdmissionRequest>; want: string }>([
    {
      name: 'with a message',
      world: { policy: { validations: [{ expression: 'size(object.data) <= 1', message: 'one key at most' }] } },
      object: configMap('a', { x: '', y: '' }),
      want: `422 ${prefix}one key at most`,
    },
    {
      name: 'with a computed message and a reason',
      world: {
        policy: {
          validations: [
            { expression: 'false', messageExpression: "'name ' + object.metadata.name", reason: 'Forbidden' },
          ],
        },
      },
      want: `403 ${prefix}name a`,
    },
    {
      name: 'without a message',
      world: { policy: { validations: [{ expression: 'object.metadata.name == "b"' }] } },
      want: `422 ${prefix}failed expression: object.metadata.name == "b"`,
    },
    {
      name: 'through variables',
      world: {
        policy: {
          variables: [
            { name: 'n', expression: 'size(object.data)' },
            { name: 'twice', expression: 'variables.n * 2' },
          ],
          validations: [{ expression: 'variables.twice == 4' }],
        },
      },
      object: configMap('a', { x: '', y: '' }),
      want: 'allowed',
    },
    {
      name: 'that fail',
      world: { policy: { validations: [{ expression: 'object.none == 1' }] } },
      want: `422 ${prefix}expression 'object.none == 1' resulted in error: no such key: none`,
    },
    {
      name: 'that may fail',
      world: { policy: { failurePolicy: 'Ignore', validations: [{ expression: 'object.none == 1' }] } },
      want: 'allowed',
    },
    {
      name: 'of another operation',
      world: { policy: { validations: [{ expression: 'false' }] } },
      more: { operation: 'DELETE' },
      want: 'allowed',
    },
    {
      name: 'of excluded names',
      world: {
        policy: {
          matchConstraints: { ...rules, excludeResourceRules: [{ ...rules.resourceRules[0], resourceNames: ['a'] }] },
          validations: [{ expression: 'false' }],
        },
      },
      want: 'allowed',
    },
    {
      name: 'by namespace',
      world: { policy: { validations: [{ expression: "namespaceObject.metadata.labels.team == 'b'" }] } },
      want: `422 ${prefix}failed expression: namespaceObject.metadata.labels.team == 'b'`,
    },
    {
      name: 'by authorization',
      world: {
        policy: {
          validations: [
            { expression: "authorizer.group('').resource('configmaps').namespace('default').check('frob').allowed()" },
          ],
        },
      },
      want: 'allowed',
    },
    {
      name: 'of an update',
      world: { policy: { validations: [{ expression: 'object.data == oldObject.data' }] } },
      more: { operation: 'UPDATE', oldObject: configMap('a', { x: '1' }) },
      want: `422 ${prefix}failed expression: object.data == oldObject.data`,
    },
    {
      name: 'under a condition that does not hold',
      world: {
        policy: {
          matchConditions: [{ name: 'c', expression: "request.userInfo.username == 'bob'" }],
          validations: [{ expression: 'false' }],
        },
      },
      want: 'allowed',
    },
    {
      name: 'under a binding of other namespaces',
      world: {
        policy: { validations: [{ expression: 'false' }] },
        binding: { matchResources: { namespaceSelector: { matchLabels: { team: 'b' } } } },
      },
      want: 'allowed',
    },
  ])('$name', ({ world, object = configMap('a'), more, want }) => {
    expect(verdict(world, request(object, more))).toBe(want);
  });

  test('warn instead', () => {
    const asked = request(configMap('a'));
    expect(
      verdict(
        { policy: { validations: [{ expression: 'false', message: 'no' }] }, binding: { validationActions: ['Warn'] } },
        asked,
      ),
    ).toBe('allowed');
    expect(asked.warnings).toEqual(["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p': no"]);
  });
});

describe('parameters', () => {
  const policy = {
    paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
    validations: [
      { expression: 'int(object.data.n) <= int(params.data.max)', messageExpression: "'at most ' + params.data.max" },
    ],
  };
  const limit = (name: string, max: string) => configMap(name, { max }, { limit: 'yes' });
  const object = configMap('a', { n: '5' });

  test.each<{ name: string; ref: object; params: readonly KubeObject[]; want: string }>([
    { name: 'by name', ref: { name: 'l' }, params: [limit('l', '3')], want: `422 ${prefix}at most 3` },
    {
      name: 'by labels, each',
      ref: { selector: { matchLabels: { limit: 'yes' } } },
      params: [limit('l', '9'), limit('m', '4')],
      want: `422 ${prefix}at most 4`,
    },
    {
      name: 'missing, refused',
      ref: { name: 'l', parameterNotFoundAction: 'Deny' },
      params: [],
      want: `422 ${prefix}failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
    },
    { name: 'missing, allowed', ref: { name: 'l', parameterNotFoundAction: 'Allow' }, params: [], want: 'allowed' },
  ])('$name', ({ ref, params, want }) => {
    expect(verdict({ policy, binding: { paramRef: ref }, params }, request(object))).toBe(want);
  });

  test('of a kind that is not served refuse', () => {
    const world = {
      policy: { ...policy, paramKind: { apiVersion: 'v1', kind: 'Gadget' } },
      binding: { paramRef: { name: 'x' }, validationActions: ['Warn'] },
    };
    expect(verdict(world, request(object))).toContain('failed to configure policy');
  });
});

describe('mutations', () => {
  const mutate = (policy: object, object = configMap('a')) =>
    new MutatingPolicies(surroundings({ policy })).mutate(request(object));

  test('merge an object and patch it, in order', () => {
    const mutations = [
      {
        patchType: 'ApplyConfiguration',
        applyConfiguration: { expression: 'Object{metadata: Object.metadata{labels: {"by": "policy"}}}' },
      },
      {
        patchType: 'JSONPatch',
        jsonPatch: {
          expression:
            '[JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("example.com/by"), value: object.metadata.labels.by}]',
        },
      },
    ];
    expect(mutate({ mutations })?.metadata.labels).toEqual({ by: 'policy', 'example.com/by': 'policy' });
  });

  test('that fail refuse, or are passed over', () => {
    const mutations = [
      { patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "remove", path: "/data/none"}]' } },
    ];
    expect(() => mutate({ mutations })).toThrow(/policy 'p' with binding 'p' denied request/);
    expect(mutate({ mutations, failurePolicy: 'Ignore' })).toEqual(configMap('a'));
  });

  test('wait for their conditions', () => {
    const mutations = [
      { patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{data: {"x": "1"}}' } },
    ];
    expect(mutate({ mutations, matchConditions: [{ name: 'c', expression: '!has(object.data)' }] })).toEqual(
      configMap('a'),
    );
  });
});
