// Makes sequences: each is about one way of writing or reading one kind, with other requests between.
import { merged } from '../conformance/lib/sequence.mjs';
import { widgetSchema } from './kinds.mjs';
import { Draw, hashOf } from './random.mjs';

const names = ['a', 'b'];

export const patchTypes = ['json', 'merge', 'strategic', 'apply'];

/** What a sequence of a kind can be about. */
export function topicsOf(kind) {
  const patches = kind.custom ? patchTypes.filter((type) => type !== 'strategic') : patchTypes;
  return [
    'create',
    'update',
    ...patches,
    'delete',
    'deletecollection',
    'get',
    'list',
    'watch',
    'rights',
    ...(kind.status ? ['update', ...patches].map((verb) => `status/${verb}`) : []),
    ...(kind.scale ? ['update', ...patches].map((verb) => `scale/${verb}`) : []),
  ];
}

export class SequenceMaker {
  constructor(kind, topic, seed) {
    this.kind = kind;
    this.topic = topic;
    this.draw = new Draw(hashOf(`${kind.plural}/${kind.group}/${topic}/${seed}`));
    this.steps = [];
    this.lastOf = new Map();
  }

  // ---- names and places ------------------------------------------------------

  named(name) {
    return this.kind.namespaced ? name : `{u}-${name}`;
  }

  get collection() {
    const { group, version, plural, namespaced } = this.kind;
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    return namespaced ? `${root}/namespaces/{ns}/${plural}` : `${root}/${plural}`;
  }

  at(name, sub) {
    return `${this.collection}/${this.named(name)}${sub ? `/${sub}` : ''}`;
  }

  push(step) {
    const isFree = this.user === undefined || step.do === undefined;
    this.steps.push(isFree ? step : { ...step, headers: { 'impersonate-user': this.user } });
    return this.steps.length - 1;
  }

  // ---- bodies ------------------------------------------------------------------

  identity(name) {
    const { group, version, kind } = this.kind;
    const labels = { seq: '{u}' };
    return {
      apiVersion: group === '' ? version : `${group}/${version}`,
      kind,
      metadata: { name: this.named(name), labels },
    };
  }

  sample(name) {
    return { ...this.identity(name), ...this.kind.sample(name, '{ns}') };
  }

  /** A change of metadata. */
  metadata() {
    const { draw } = this;
    const at = this.lastOf.get(draw.pick(names));
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'c0ffee00-0000-4000-8000-000000000000' };
    return draw.pick([
      { labels: { a: '1' } },
      { labels: { a: '2', b: 'x' } },
      { labels: { a: null } },
      { labels: null },
      { labels: { a: 'bad value!' } },
      { labels: { 'bad key!': 'x' } },
      { labels: { a: 1 } },
      { annotations: { n: 'x' } },
      { annotations: { n: '' } },
      { annotations: { n: null } },
      { annotations: { 'example.com/n': 'y', m: 'z' } },
      { finalizers: ['example.com/f'] },
      { finalizers: ['example.com/f', 'example.com/g'] },
      { finalizers: [] },
      { finalizers: null },
      { finalizers: ['bad'] },
      { finalizers: ['Bad Name/x'] },
      { finalizers: ['orphan', 'foregroundDeletion'] },
      { finalizers: ['example.com/f', 'example.com/f'] },
      { ownerReferences: [owner] },
      {
        ownerReferences: [
          { ...owner, controller: true },
          { ...owner, uid: 'c0ffee00-0000-4000-8000-000000000001', controller: true },
        ],
      },
      { ownerReferences: [{ ...owner, uid: '' }] },
      { ownerReferences: [owner, owner] },
      { ownerReferences: [{ ...owner, kind: 'Event' }] },
      { uid: 'c0ffee00-0000-4000-8000-000000000009' },
      { generation: 7 },
      { creationTimestamp: null },
      { creationTimestamp: '2020-01-01T00:00:00Z' },
      { deletionTimestamp: '2020-01-01T00:00:00Z' },
      { selfLink: '/x' },
      { managedFields: [] },
      { managedFields: [{}] },
      { managedFields: null },
      { generateName: 'g-' },
      { namespace: 'elsewhere' },
      { unknown: 'x' },
      { name: 'other' },
      { resourceVersion: '1' },
      { resourceVersion: 'x' },
      ...(at === undefined
        ? []
        : [
            { resourceVersion: `@${at}:metadata.resourceVersion` },
            { uid: `@${at}:metadata.uid` },
            { managedFields: `@${at}:metadata.managedFields` },
          ]),
    ]);
  }

  /** A change of anything but the status. */
  fragment() {
    const { draw, kind } = this;
    const change = kind.changes.length > 0 && draw.chance(0.7) ? draw.pick(kind.changes) : undefined;
    const more = change && draw.chance(0.15) ? draw.pick(kind.changes) : {};
    const metadata = change === undefined || draw.chance(0.3) ? { metadata: this.metadata() } : {};
    return merged(merged(change ?? {}, more), metadata);
  }

  fragmentFor(sub) {
    const { draw, kind } = this;
    if (sub === 'status') {
      const status = draw.chance(0.85) ? { status: draw.pick(kind.status) } : {};
      return draw.chance(0.3) ? merged(status, this.fragment()) : status;
    }
    if (sub === 'scale')
      return draw.pick([
        { spec: { replicas: 2 } },
        { spec: { replicas: 0 } },
        { spec: { replicas: -1 } },
        { spec: null },
        { spec: { replicas: 'x' } },
        { status: { replicas: 9 } },
        { metadata: { labels: { a: '1' } } },
        { metadata: this.metadata() },
      ]);
    return this.fragment();
  }

  options(more = {}) {
    const { draw } = this;
    return {
      ...(draw.chance(0.08) ? { dryRun: draw.chance(0.9) ? 'All' : 'Some' } : {}),
      ...(draw.chance(0.3) ? { fieldManager: draw.pick(['m1', 'm2', 'm3']) } : {}),
      ...(draw.chance(0.15) ? { fieldValidation: draw.pick(['Strict', 'Ignore', 'Warn', 'Odd']) } : {}),
      ...more,
    };
  }

  /** Spoils a body now and then. */
  spoiled(body) {
    const { draw } = this;
    if (!draw.chance(0.06)) return body;
    return draw.pick([
      { ...body, kind: 'Other' },
      { ...body, apiVersion: 'other/v1' },
      { ...body, metadata: 'x' },
      { ...body, metadata: null },
      [],
      'text',
      null,
      { ...body, extra: { a: 1 } },
      { ...body, apiVersion: undefined, kind: undefined },
      { ...body, metadata: { ...body.metadata, labels: [] } },
      { ...body, spec: 1 },
      { ...body, status: 5 },
      {},
    ]);
  }

  // ---- writes ---------------------------------------------------------------------

  create(name) {
    const { draw } = this;
    let body = this.sample(name);
    if (draw.chance(0.4)) body = merged(body, this.fragment());
    if (draw.chance(0.05)) body = merged(body, { metadata: { name: undefined, generateName: `${this.named('g')}-` } });
    if (draw.chance(0.05) && this.kind.status) body = { ...body, status: draw.pick(this.kind.status) };
    this.lastOf.set(name, this.push({ do: 'POST', at: this.collection, q: this.options(), body: this.spoiled(body) }));
  }

  /** A plain creation that is to succeed. */
  make(name) {
    this.lastOf.set(name, this.push({ do: 'POST', at: this.collection, q: {}, body: this.sample(name) }));
  }

  update(name, sub) {
    const { draw } = this;
    const from = draw.chance(0.3) ? undefined : draw.chance(0.6) ? this.get(name, sub) : this.lastOf.get(name);
    const merge = this.fragmentFor(sub);
    const drop = draw.chance(0.15)
      ? [
          draw.pick([
            'metadata.resourceVersion',
            'metadata.uid',
            'metadata.name',
            'spec',
            'metadata.labels',
            'kind',
            'apiVersion',
            'metadata.creationTimestamp',
            'metadata.managedFields',
          ]),
        ]
      : [];
    const whole =
      from === undefined
        ? this.spoiled(merged(sub === 'scale' ? this.scale(name) : this.sample(name), merge))
        : { $of: from, merge, drop };
    this.lastOf.set(name, this.push({ do: 'PUT', at: this.at(name, sub), q: this.options(), body: whole }));
  }

  scale(name) {
    return { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: this.named(name) }, spec: { replicas: 1 } };
  }

  patch(name, type, sub) {
    const { draw } = this;
    const q = this.options();
    const step = { do: 'PATCH', at: this.at(name, sub), type, q };
    const fragment = this.fragmentFor(sub);
    if (type === 'json') step.body = this.operations(fragment, name);
    else if (type === 'apply') {
      if (!draw.chance(0.03)) q.fieldManager ??= draw.pick(['m1', 'm2', 'm3']);
      if (draw.chance(0.3)) q.force = 'true';
      const base =
        sub === 'scale'
          ? this.scale(name)
          : draw.chance(0.5) && !sub
            ? this.sample(name)
            : { ...this.identity(name), metadata: { name: this.named(name) } };
      step.body = this.spoiled(merged(base, fragment));
    } else {
      step.body = draw.chance(0.95) ? this.withDirectives(fragment, type) : this.spoiled(fragment);
      if (draw.chance(0.02)) q.force = 'true';
    }
    this.lastOf.set(name, this.push(step));
  }

  withDirectives(fragment, type) {
    const { draw } = this;
    if (type !== 'strategic' || !draw.chance(0.12)) return fragment;
    return draw.pick([
      { ...fragment, $patch: 'replace' },
      { ...fragment, metadata: { ...fragment.metadata, labels: { $patch: 'replace', z: '1' } } },
      { ...fragment, metadata: { ...fragment.metadata, labels: { $patch: 'delete' } } },
      { ...fragment, metadata: { ...fragment.metadata, $retainKeys: ['name', 'labels'] } },
      { ...fragment, metadata: { '$deleteFromPrimitiveList/finalizers': ['example.com/f'] } },
      { ...fragment, metadata: { '$setElementOrder/finalizers': ['example.com/g', 'example.com/f'] } },
      { $patch: 'odd' },
    ]);
  }

  operations(fragment, name) {
    const { draw } = this;
    const out = [];
    const walk = (value, path) => {
      const isMap = value !== null && typeof value === 'object' && !Array.isArray(value);
      if (isMap && Object.keys(value).length > 0 && draw.chance(0.8)) {
        for (const [key, inner] of Object.entries(value))
          walk(inner, `${path}/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`);
      } else if (value === null && draw.chance(0.7)) out.push({ op: 'remove', path });
      else out.push({ op: draw.pick(['add', 'add', 'replace']), path, value });
    };
    walk(fragment, '');
    if (draw.chance(0.25)) {
      out.push(
        draw.pick([
          { op: 'test', path: '/metadata/name', value: this.named(name) },
          { op: 'test', path: '/metadata/name', value: 'no' },
          { op: 'copy', from: '/metadata/labels/seq', path: '/metadata/labels/copy' },
          { op: 'move', from: '/metadata/labels', path: '/metadata/annotations' },
          { op: 'remove', path: '/metadata/labels/none' },
          { op: 'add', path: '/metadata/finalizers/-', value: 'example.com/x' },
          { op: 'remove', path: '/metadata/finalizers/0' },
          { op: 'odd', path: '/x' },
          { op: 'add', path: 'x', value: 1 },
          { op: 'replace', path: '/spec/none/deep', value: 1 },
          { op: 'test', path: '/metadata/none', value: null },
        ]),
      );
    }
    return draw.chance(0.04) ? draw.pick([{}, 'x', null, [1], [{}], []]) : out.filter(({ path }) => path !== '');
  }

  // ---- deletions, reads -------------------------------------------------------------

  deleteOptions(name) {
    const { draw } = this;
    const at = this.lastOf.get(name);
    return draw.pick([
      undefined,
      undefined,
      {},
      { propagationPolicy: 'Background' },
      { propagationPolicy: 'Foreground' },
      { propagationPolicy: 'Orphan' },
      { propagationPolicy: 'Odd' },
      { orphanDependents: true },
      { orphanDependents: false },
      { propagationPolicy: 'Orphan', orphanDependents: true },
      { gracePeriodSeconds: 0 },
      { gracePeriodSeconds: 5 },
      { gracePeriodSeconds: -1 },
      { dryRun: ['All'] },
      { dryRun: ['x'] },
      { kind: 'DeleteOptions', apiVersion: 'v1' },
      { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', gracePeriodSeconds: 0 },
      { kind: 'Pod', apiVersion: 'v1' },
      { unknown: 1 },
      { gracePeriodSeconds: 'x' },
      ...(at === undefined
        ? []
        : [
            { preconditions: { uid: `@${at}:metadata.uid` } },
            { preconditions: { resourceVersion: `@${at}:metadata.resourceVersion` } },
            { preconditions: { uid: 'no' } },
            { preconditions: { resourceVersion: '1' } },
            { preconditions: { uid: '' } },
          ]),
    ]);
  }

  remove(name) {
    const q = this.draw.chance(0.1)
      ? this.draw.pick([
          { dryRun: 'All' },
          { propagationPolicy: 'Orphan' },
          { gracePeriodSeconds: '0' },
          { gracePeriodSeconds: 'x' },
          { orphanDependents: 'true' },
        ])
      : {};
    this.push({ do: 'DELETE', at: this.at(name), q, body: this.deleteOptions(name) });
  }

  removeAll() {
    const q = {
      labelSelector: 'seq={u}',
      ...(this.draw.chance(0.3)
        ? this.draw.pick([
            { limit: '1' },
            { dryRun: 'All' },
            { labelSelector: 'seq={u},a=1' },
            { fieldSelector: `metadata.name=${this.named('a')}` },
            { fieldSelector: 'odd=1' },
          ])
        : {}),
    };
    this.push({ do: 'DELETE', at: this.collection, q, body: this.deleteOptions('a') });
  }

  get(name, sub) {
    return this.push({ do: 'GET', at: this.at(name, sub), q: {} });
  }

  read(name) {
    const { draw } = this;
    const accept = draw.chance(0.3) ? draw.pick(accepts) : undefined;
    const at = this.lastOf.get(name);
    const q = draw.chance(0.3)
      ? draw.pick([
          { resourceVersion: '0' },
          { resourceVersion: 'x' },
          { resourceVersion: '99999999999' },
          { pretty: 'true' },
          ...(at === undefined ? [] : [{ resourceVersion: `@${at}:metadata.resourceVersion` }]),
        ])
      : {};
    const sub = draw.chance(0.1) ? draw.pick(['status', 'scale', 'odd']) : undefined;
    this.push({ do: 'GET', at: this.at(name, sub), q, accept });
  }

  list() {
    const { draw } = this;
    const q = { labelSelector: 'seq={u}' };
    if (draw.chance(0.3))
      q.labelSelector = `seq={u},${draw.pick(['a=1', 'a', '!a', 'a in (1,2)', 'a notin (1)', 'a!=1', 'b==x', 'a>0', 'a in ()', 'a=', '=a', 'a=bad value!', 'a in (1', 'A/b/c=1'])}`;
    if (draw.chance(0.25))
      q.fieldSelector = draw.pick([
        `metadata.name=${this.named('a')}`,
        `metadata.name!=${this.named('a')}`,
        `metadata.name=${this.named('a')},metadata.name!=b`,
        'metadata.namespace={ns}',
        'metadata.namespace!={ns}',
        'status.phase=Running',
        'spec.nodeName=',
        'type=Opaque',
        'odd=1',
        'metadata.name',
        'reason=Tested',
        'metadata.name in (a)',
        '',
      ]);
    if (draw.chance(0.25)) q.limit = draw.pick(['1', '0', '2', '-1', 'x', '500']);
    if (draw.chance(0.15))
      Object.assign(
        q,
        draw.pick([
          { resourceVersion: '0' },
          { resourceVersion: '99999999999' },
          { resourceVersion: 'x' },
          { resourceVersionMatch: 'Exact' },
          { resourceVersion: '1', resourceVersionMatch: 'NotOlderThan' },
          { resourceVersion: '0', resourceVersionMatch: 'Exact' },
          { resourceVersion: '0', resourceVersionMatch: 'Odd' },
          { sendInitialEvents: 'true' },
          { timeoutSeconds: '5' },
          { timeoutSeconds: 'x' },
          { continue: 'x' },
          { allowWatchBookmarks: 'odd' },
        ]),
      );
    const accept = draw.chance(0.25) ? draw.pick(accepts) : undefined;
    const at = this.push({ do: 'GET', at: this.collection, q, accept });
    if (q.limit === '1')
      this.push({
        do: 'GET',
        at: this.collection,
        q: { ...q, continue: `@${at}:metadata.continue`, ...(draw.chance(0.2) ? { limit: '0' } : {}) },
        accept,
      });
  }

  watch() {
    const { draw } = this;
    const q = { labelSelector: draw.pick(['seq={u}', 'seq={u}', 'seq={u},a=1', 'seq={u},!b', 'seq={u},a in (1,2)']) };
    const at = [...this.lastOf.values()].at(-1);
    const from = draw.pick([
      {},
      { resourceVersion: '0' },
      ...(at === undefined ? [] : [{ resourceVersion: `@${at}:metadata.resourceVersion` }]),
      { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' },
      { sendInitialEvents: 'true' },
      { resourceVersion: 'x' },
    ]);
    const accept = draw.chance(0.15) ? draw.pick(accepts) : undefined;
    this.push({ watch: 'w', at: this.collection, q: { ...q, ...from, timeoutSeconds: '60' }, accept });
    return q.labelSelector.includes('a') ? { a: '1' } : {};
  }

  // ---- rights --------------------------------------------------------------------

  /** Grants the user {u} some verbs on the kind, and acts as that user from then on. */
  grant() {
    const { draw, kind } = this;
    const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];
    const subs = ['', '', '', '/status', '/scale'];
    const rule = {
      apiGroups: [draw.chance(0.9) ? kind.group : '*'],
      resources: [...new Set([kind.plural, `${kind.plural}${draw.pick(subs)}`])].slice(draw.int(2)),
      verbs: draw.chance(0.1) ? ['*'] : verbs.filter(() => draw.chance(0.55)),
      ...(draw.chance(0.25) ? { resourceNames: [this.named('a')] } : {}),
    };
    if (rule.resources.length === 0) rule.resources = [kind.plural];
    if (rule.verbs.length === 0) rule.verbs = ['get'];
    const group = 'rbac.authorization.k8s.io';
    const isWide = !kind.namespaced || draw.chance(0.3);
    const role = isWide ? 'ClusterRole' : 'Role';
    const binding = !kind.namespaced || (isWide && draw.chance(0.5)) ? 'ClusterRoleBinding' : 'RoleBinding';
    const at = (what) =>
      `/apis/${group}/v1/${what.startsWith('Cluster') ? '' : 'namespaces/{ns}/'}${what.toLowerCase()}s`;
    const metadata = { name: '{u}' };
    this.push({ do: 'POST', at: at(role), q: {}, body: { metadata, rules: [rule] } });
    const roleRef = { apiGroup: group, kind: role, name: '{u}' };
    const subjects = [{ kind: 'User', apiGroup: group, name: '{u}' }];
    this.push({ do: 'POST', at: at(binding), q: {}, body: { metadata, roleRef, subjects } });
    this.push({ settle: 700 });
    this.user = '{u}';
  }

  /** Asks what the user may do, or gives rights on. */
  ask() {
    const { draw, kind } = this;
    const verb = draw.pick(['get', 'list', 'create', 'update', 'patch', 'delete', 'escalate', '*']);
    const resourceAttributes = {
      group: kind.group,
      resource: kind.plural,
      verb,
      ...(kind.namespaced ? { namespace: '{ns}' } : {}),
      ...(draw.chance(0.4) ? { name: this.named(draw.pick(names)) } : {}),
      ...(draw.chance(0.2) ? { subresource: draw.pick(['status', 'scale']) } : {}),
    };
    const reviews = '/apis/authorization.k8s.io/v1';
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}`;
    const rules = [{ apiGroups: [kind.group], resources: [kind.plural], verbs: [draw.pick(['get', 'delete', '*'])] }];
    const review = draw.pick([
      { do: 'POST', at: `${reviews}/selfsubjectaccessreviews`, body: { spec: { resourceAttributes } } },
      { do: 'POST', at: `${reviews}/subjectaccessreviews`, body: { spec: { user: '{u}', resourceAttributes } } },
      { do: 'POST', at: `${rbac}/roles`, body: { metadata: { name: 'more' }, rules } },
      {
        do: 'POST',
        at: `${rbac}/rolebindings`,
        body: {
          metadata: { name: 'more' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
          subjects: [],
        },
      },
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    if (review !== undefined) this.push({ ...review, q: {} });
    else this.act(draw.pick(topicsOf(kind).filter((topic) => topic !== 'watch' && topic !== 'rights')));
  }

  // ---- the whole ---------------------------------------------------------------------

  act(topic) {
    const name = this.draw.pick(this.draw.chance(0.8) ? ['a'] : names);
    const [sub, verb] = topic.includes('/') ? topic.split('/') : [undefined, topic];
    switch (verb) {
      case 'create':
        return this.create(name);
      case 'update':
        return this.update(name, sub);
      case 'delete':
        return this.remove(name);
      case 'deletecollection':
        return this.removeAll();
      case 'get':
        return this.read(name);
      case 'list':
        return this.list();
      case 'watch':
        return undefined;
      case 'rights':
        return this.ask();
      default:
        return this.patch(name, verb, sub);
    }
  }

  sequence() {
    const { draw, topic, kind } = this;
    const others = topicsOf(kind).filter((other) => !['watch', 'rights', 'deletecollection'].includes(other));
    for (const name of names) if (draw.chance(name === 'a' ? 0.85 : 0.25)) this.make(name);
    if (topic === 'rights') this.grant();
    const marker = topic === 'watch' || draw.chance(0.1) ? this.watch() : undefined;
    const length = (topic === 'rights' ? 5 : 2) + draw.int(5);
    for (let i = 0; i < length; i++) this.act(draw.chance(0.65) ? topic : draw.pick(others));
    if (draw.chance(0.5)) this.push({ do: 'GET', at: this.collection, q: { labelSelector: 'seq={u}' } });
    this.user = undefined;
    if (marker !== undefined) {
      const mark = merged(this.sample('zz'), { metadata: { labels: marker } });
      this.push({ do: 'POST', at: this.collection, q: {}, body: mark });
      this.push({ events: 'w', upto: this.named('zz') });
    }
    return {
      steps: this.steps,
      ...(kind.account ? { account: true } : {}),
      ...(kind.custom ? { custom } : {}),
    };
  }
}

export const custom = {
  schema: widgetSchema,
  status: true,
  scale: {
    specReplicasPath: '.spec.replicas',
    statusReplicasPath: '.status.replicas',
    labelSelectorPath: '.status.selector',
  },
  columns: [
    { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
    { name: 'Color', type: 'string', jsonPath: '.spec.color', priority: 1 },
  ],
};

const accepts = [
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/yaml',
  'text/plain',
  '*/*',
  'application/json;as=Odd;v=v1;g=meta.k8s.io',
  'application/json;as=Table;v=v1;g=meta.k8s.io',
];
