// Definitions of kinds, admission policies, and rights.

const post = (at, body, q = {}) => ({ do: 'POST', at, q, body });
const get = (at, q = {}, accept) => ({ do: 'GET', at, q, ...(accept ? { accept } : {}) });
const patch = (at, body, type = 'merge', q = {}) => ({ do: 'PATCH', at, type, q, body });
const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const group = '{u}.example.com';
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const spec = (properties, more = {}) => ({
  type: 'object',
  properties: { spec: { type: 'object', properties, ...more } },
});
const version = (schema = open, more = {}) => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  ...more,
});
const crd = (versions = [version()], more = {}, names = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `things.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', ...names },
    versions,
    ...more,
  },
});
const refused = (schema) => post(crds, crd([version(schema)]), { dryRun: 'All' });
const cel = (
  rule,
  properties = {
    a: { type: 'integer' },
    b: { type: 'string' },
    l: { type: 'array', items: { type: 'string' }, maxItems: 5 },
  },
  more = {},
) => spec(properties, { 'x-kubernetes-validations': [{ rule, ...more }] });
const reg = '/apis/admissionregistration.k8s.io/v1';
const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }];
const policy = (more = {}) => ({
  metadata: { name: '{u}' },
  spec: { matchConstraints: { resourceRules: rules }, validations: [{ expression: 'true' }], ...more },
});
const refusedPolicy = (more) => post(`${reg}/validatingadmissionpolicies`, policy(more), { dryRun: 'All' });
const binding = (more = {}) => ({
  metadata: { name: '{u}' },
  spec: { policyName: '{u}', validationActions: ['Deny'], ...more },
});
const hook = (more = {}) => ({
  name: 'a.b.c',
  clientConfig: { url: 'https://127.0.0.1:1/x' },
  rules,
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  ...more,
});
const hooks = (more) =>
  post(
    `${reg}/validatingwebhookconfigurations`,
    { metadata: { name: '{u}' }, webhooks: [hook(more)] },
    { dryRun: 'All' },
  );
const mutators = (more) =>
  post(
    `${reg}/mutatingwebhookconfigurations`,
    { metadata: { name: '{u}' }, webhooks: [hook(more)] },
    { dryRun: 'All' },
  );
const authz = '/apis/authorization.k8s.io/v1';
const rbac = '/apis/rbac.authorization.k8s.io/v1';
const mine = (resourceAttributes) => post(`${authz}/selfsubjectaccessreviews`, { spec: { resourceAttributes } });

export const sequences = {
  'definitions that are refused': {
    steps: [
      refused(undefined),
      refused({}),
      refused({ type: 'string' }),
      refused({ type: 'object', properties: { spec: {} } }),
      refused(spec({ a: { type: 'odd' } })),
      refused(spec({ a: { type: 'array' } })),
      refused(spec({ a: { type: 'object', additionalProperties: true } })),
      refused(
        spec({
          a: { type: 'object', additionalProperties: { type: 'string' }, properties: { b: { type: 'string' } } },
        }),
      ),
      refused(spec({ a: { type: 'string', pattern: '(' } })),
      refused(spec({ a: { type: 'integer', default: 'x' } })),
      refused(spec({ a: { type: 'string', enum: ['a', 'a'] } })),
      refused(spec({ a: { type: 'string', enum: ['a'], default: 'b' } })),
      refused(spec({ a: { $ref: '#/x' } })),
      refused(spec({ a: { type: 'array', items: { type: 'string' }, uniqueItems: true } })),
      refused(spec({ a: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'map' } })),
      refused(
        spec({
          a: {
            type: 'array',
            items: { type: 'object', properties: { k: { type: 'string' } } },
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['k'],
          },
        }),
      ),
      refused(spec({ a: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' } })),
      refused(spec({ a: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'odd' } })),
      refused(spec({ a: { type: 'object', 'x-kubernetes-map-type': 'odd' } })),
      refused(spec({ a: { type: 'string', 'x-kubernetes-preserve-unknown-fields': true } })),
      refused(spec({ a: { type: 'string', nullable: true, default: null } })),
      refused(spec({ a: { anyOf: [{ type: 'integer' }, { type: 'string' }] } })),
      refused(spec({ a: { 'x-kubernetes-int-or-string': true, type: 'string' } })),
      refused({
        type: 'object',
        properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } },
      }),
      refused({
        type: 'object',
        properties: { metadata: { type: 'object', properties: { name: { type: 'string', pattern: '^a' } } } },
      }),
      refused({ type: 'object', properties: { apiVersion: { type: 'integer' } } }),
      post(crds, crd([])),
      post(crds, crd([version(), version()])),
      post(crds, crd([version(open, { storage: false })])),
      post(crds, crd([version(open, { name: 'V1' })])),
      post(crds, crd([{ name: 'v1', served: true, storage: true }])),
      post(crds, crd(undefined, { scope: 'Odd' })),
      post(crds, crd(undefined, { group: 'BAD' })),
      post(crds, crd(undefined, {}, { plural: 'Things' })),
      post(crds, crd(undefined, {}, { kind: 'thing' })),
      post(crds, crd(undefined, {}, { kind: '' })),
      post(crds, crd(undefined, {}, { shortNames: ['A'] })),
      post(crds, crd(undefined, {}, { categories: ['A'] })),
      post(crds, { ...crd(), metadata: { name: 'wrong' } }),
      post(crds, crd(undefined, { conversion: { strategy: 'Odd' } })),
      post(crds, crd(undefined, { conversion: { strategy: 'Webhook' } })),
      post(crds, crd(undefined, { preserveUnknownFields: true })),
      post(crds, crd([version(open, { additionalPrinterColumns: [{ name: 'A', type: 'odd', jsonPath: '.x' }] })])),
      post(crds, crd([version(open, { additionalPrinterColumns: [{ name: 'A', type: 'string', jsonPath: 'x' }] })])),
      post(
        crds,
        crd([version(open, { subresources: { scale: { specReplicasPath: 'x', statusReplicasPath: '.status.r' } } })]),
      ),
      post(crds, crd([version(open, { subresources: { scale: {} } })])),
      post(crds, crd([version(spec({ a: { type: 'string' } }), { selectableFields: [{ jsonPath: '.spec.none' }] })])),
      post(crds, crd([version(spec({ a: { type: 'object' } }), { selectableFields: [{ jsonPath: '.spec.a' }] })])),
    ],
  },
  'rules that are refused': {
    steps: [
      'self.a > ',
      'self.none > 1',
      'self.a + self.b',
      'self.a',
      '"x"',
      'self.a == "x"',
      'odd()',
      'self.l.all(x, y)',
      'self.b.matches("(")',
      'oldSelf.a == self.a',
      'self.a == 1 &&',
      'has(self.a)',
      'has(self)',
      'self == oldSelf',
      'self.l.exists(x, x == 1)',
      'size(self.b) > "1"',
      'true',
      '',
    ]
      .map((rule) => refused(cel(rule)))
      .concat([
        refused(cel('true', undefined, { message: 'a\nb' })),
        refused(cel('true', undefined, { messageExpression: '1' })),
        refused(cel('true', undefined, { messageExpression: '"x" + self.b' })),
        refused(cel('true', undefined, { messageExpression: '"x' })),
        refused(cel('true', undefined, { reason: 'Odd' })),
        refused(cel('true', undefined, { reason: 'FieldValueForbidden' })),
        refused(cel('true', undefined, { fieldPath: '.none' })),
        refused(cel('true', undefined, { fieldPath: '.a' })),
        refused(cel('true', undefined, { optionalOldSelf: true })),
        refused(cel('self.l.all(x, self.l.all(y, x != y))', { l: { type: 'array', items: { type: 'string' } } })),
      ]),
  },
  'admission policies that are refused': {
    steps: [
      { validations: [] },
      { validations: undefined },
      { validations: [{ expression: '' }] },
      { validations: [{ expression: 'x' }] },
      { validations: [{ expression: '1' }] },
      { validations: [{ expression: 'object.' }] },
      { validations: [{ expression: 'true', message: ' ' }] },
      { validations: [{ expression: 'true', message: 'a\nb' }] },
      { validations: [{ expression: 'true', reason: 'Odd' }] },
      { validations: [{ expression: 'true', messageExpression: '1' }] },
      { validations: [{ expression: 'true', messageExpression: '' }] },
      { validations: [{ expression: 'variables.none' }] },
      { variables: [{ name: 'a b', expression: 'true' }] },
      { variables: [{ name: 'a', expression: '' }] },
      {
        variables: [
          { name: 'a', expression: '1' },
          { name: 'a', expression: '2' },
        ],
      },
      { variables: [{ name: 'a', expression: '1' }], validations: [{ expression: 'variables.a == 1' }] },
      { matchConstraints: undefined },
      { matchConstraints: {} },
      { matchConstraints: { resourceRules: [] } },
      { matchConstraints: { resourceRules: [{ ...rules[0], operations: ['ODD'] }] } },
      { matchConstraints: { resourceRules: [{ ...rules[0], operations: [] }] } },
      { matchConstraints: { resourceRules: [{ ...rules[0], apiGroups: [] }] } },
      { matchConstraints: { resourceRules: [{ ...rules[0], resources: ['*', 'x'] }] } },
      { matchConstraints: { resourceRules: rules, matchPolicy: 'Odd' } },
      { matchConditions: [{ name: '', expression: 'true' }] },
      { matchConditions: [{ name: 'a', expression: '1' }] },
      {
        matchConditions: [
          { name: 'a', expression: 'true' },
          { name: 'a', expression: 'true' },
        ],
      },
      { failurePolicy: 'Odd' },
      { paramKind: { apiVersion: 'x', kind: '' } },
      { paramKind: { apiVersion: '', kind: 'X' } },
      { paramKind: { apiVersion: 'a/b/c', kind: 'X' } },
      { auditAnnotations: [{ key: 'a', valueExpression: '"x"' }] },
      { auditAnnotations: [{ key: 'a b', valueExpression: '"x"' }] },
      { auditAnnotations: [{ key: 'a', valueExpression: '1' }] },
      { validations: undefined, auditAnnotations: [{ key: 'a', valueExpression: '"x"' }] },
    ]
      .map(refusedPolicy)
      .concat(
        [
          { policyName: '' },
          { validationActions: [] },
          { validationActions: ['Odd'] },
          { validationActions: ['Deny', 'Warn'] },
          { validationActions: ['Deny', 'Deny'] },
          { validationActions: ['Audit', 'Warn'] },
          { paramRef: {} },
          { paramRef: { name: 'a' } },
          { paramRef: { name: 'a', selector: {}, parameterNotFoundAction: 'Deny' } },
          { paramRef: { name: 'a', parameterNotFoundAction: 'Odd' } },
          { matchResources: { namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'Odd' }] } } },
        ].map((more) => post(`${reg}/validatingadmissionpolicybindings`, binding(more), { dryRun: 'All' })),
      ),
  },
  'webhooks that are refused': {
    steps: [
      {},
      { name: 'a' },
      { name: '' },
      { clientConfig: {} },
      { clientConfig: { url: 'http://x' } },
      { clientConfig: { url: 'https://x?y=z' } },
      { clientConfig: { url: 'https://u@x' } },
      { clientConfig: { url: 'https://x', service: { name: 'a', namespace: 'b' } } },
      { clientConfig: { service: { name: 'a' } } },
      { clientConfig: { service: { name: 'a', namespace: 'b', port: 0 } } },
      { clientConfig: { service: { name: 'a', namespace: 'b', path: 'x' } } },
      { rules: [] },
      { rules: [{}] },
      { rules: [{ ...rules[0], operations: ['*', 'CREATE'] }] },
      { rules: [{ ...rules[0], scope: 'Odd' }] },
      { rules: [{ ...rules[0], resources: ['a/b/c'] }] },
      { sideEffects: 'Some' },
      { sideEffects: undefined },
      { admissionReviewVersions: [] },
      { admissionReviewVersions: ['v2'] },
      { admissionReviewVersions: undefined },
      { timeoutSeconds: 0 },
      { timeoutSeconds: 31 },
      { failurePolicy: 'Odd' },
      { matchPolicy: 'Odd' },
      { matchConditions: [{ name: 'a', expression: '1' }] },
      { matchConditions: [{ name: 'a b', expression: 'true' }] },
      { namespaceSelector: { matchLabels: { 'a b': 'c' } } },
      { reinvocationPolicy: 'Odd' },
    ]
      .flatMap((more) => [hooks(more), mutators(more)])
      .concat([
        post(
          `${reg}/validatingwebhookconfigurations`,
          { metadata: { name: '{u}' }, webhooks: [hook(), hook()] },
          { dryRun: 'All' },
        ),
      ]),
  },
  'reviews of access': {
    local: true,
    account: true,
    steps: [
      mine({ verb: 'get', resource: 'pods' }),
      mine({}),
      mine({ verb: '*', resource: '*', group: '*' }),
      post(`${authz}/selfsubjectaccessreviews`, { spec: {} }),
      post(`${authz}/selfsubjectaccessreviews`, {}),
      post(`${authz}/selfsubjectaccessreviews`, { spec: { nonResourceAttributes: { path: '/x', verb: 'get' } } }),
      post(`${authz}/selfsubjectaccessreviews`, {
        spec: {
          nonResourceAttributes: { path: '/x', verb: 'get' },
          resourceAttributes: { verb: 'get', resource: 'pods' },
        },
      }),
      post(`${authz}/subjectaccessreviews`, { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } }),
      post(`${authz}/subjectaccessreviews`, {
        spec: { user: 'u', resourceAttributes: { verb: 'get', resource: 'pods' } },
      }),
      post(`${authz}/subjectaccessreviews`, {
        spec: { groups: ['system:masters'], resourceAttributes: { verb: 'get', resource: 'pods' } },
      }),
      post(`${authz}/subjectaccessreviews`, {
        metadata: { name: 'x' },
        spec: { user: 'u', resourceAttributes: { verb: 'get', resource: 'pods' } },
      }),
      post(`${authz}/namespaces/{ns}/localsubjectaccessreviews`, {
        spec: { user: 'u', resourceAttributes: { verb: 'get', resource: 'pods' } },
      }),
      post(`${authz}/namespaces/{ns}/localsubjectaccessreviews`, {
        metadata: { namespace: '{ns}' },
        spec: { user: 'u', resourceAttributes: { namespace: '{ns}', verb: 'get', resource: 'pods' } },
      }),
      post(`${authz}/namespaces/{ns}/localsubjectaccessreviews`, {
        spec: { user: 'u', resourceAttributes: { namespace: 'other', verb: 'get', resource: 'pods' } },
      }),
      post(`${authz}/namespaces/{ns}/localsubjectaccessreviews`, {
        spec: { user: 'u', nonResourceAttributes: { path: '/x', verb: 'get' } },
      }),
      post(`${authz}/selfsubjectrulesreviews`, { spec: {} }),
      post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: {} }),
      post('/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: 'x' } }),
      post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {}),
      post('/api/v1/namespaces/{ns}/serviceaccounts/default/token', {}),
      post('/api/v1/namespaces/{ns}/serviceaccounts/default/token', { spec: { expirationSeconds: 5 } }),
      post('/api/v1/namespaces/{ns}/serviceaccounts/default/token', { spec: { expirationSeconds: 9999999999 } }),
      post('/api/v1/namespaces/{ns}/serviceaccounts/none/token', { spec: {} }),
      post('/api/v1/namespaces/{ns}/serviceaccounts/default/token', { metadata: { name: 'x' }, spec: {} }),
      post('/api/v1/namespaces/{ns}/serviceaccounts/default/token', {
        spec: { boundObjectRef: { kind: 'Odd', name: 'x' } },
      }),
      post('/api/v1/namespaces/{ns}/serviceaccounts/default/token', {
        spec: { boundObjectRef: { kind: 'Secret', apiVersion: 'v1', name: 'none' } },
      }),
    ],
  },
  'roles that are refused': {
    steps: [
      [{}],
      [{ verbs: ['get'] }],
      [{ verbs: [], apiGroups: [''], resources: ['pods'] }],
      [{ verbs: ['get'], apiGroups: [], resources: ['pods'] }],
      [{ verbs: ['get'], apiGroups: [''], resources: [] }],
      [{ verbs: ['get'], nonResourceURLs: ['/x'], apiGroups: [''], resources: ['pods'] }],
      [{ verbs: ['get'], nonResourceURLs: ['/x'] }],
      [{ verbs: ['get'], nonResourceURLs: ['x'] }],
    ]
      .flatMap((list, i) => [
        post(`${rbac}/namespaces/{ns}/roles`, { metadata: { name: `r${i}` }, rules: list }),
        post(`${rbac}/clusterroles`, { metadata: { name: `{u}-r${i}` }, rules: list }),
      ])
      .concat(
        [
          { roleRef: { apiGroup: 'x', kind: 'Role', name: 'r' } },
          { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Odd', name: 'r' } },
          { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: '' } },
          {},
          {
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
            subjects: [
              { kind: 'Odd', name: 'x' },
              { kind: 'User', name: '' },
              { kind: 'ServiceAccount', name: 'A_' },
              { kind: 'ServiceAccount', name: 'a', apiGroup: 'x' },
              { kind: 'User', name: 'x', apiGroup: 'x' },
              { kind: 'Group', name: 'x', namespace: 'y' },
            ],
          },
        ].map((more, i) => post(`${rbac}/namespaces/{ns}/rolebindings`, { metadata: { name: `b${i}` }, ...more })),
      ),
  },
};
