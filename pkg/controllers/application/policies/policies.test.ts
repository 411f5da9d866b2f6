import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, configMaps, deployments } from '../../../../test/support/application-bed.ts';
import { definitionRevisionResource } from '../../../apis/definition-revision.ts';
import type { AppPolicy, Application } from '../../../apis/application.ts';
import type { JsonObject, KubeObject } from '../../../../machinery/src/meta.ts';
import { policyDefinitionResource } from '../../../apis/policy-definition.ts';

const web = { name: 'web', type: 'web', properties: { image: 'nginx' } };

interface Defined {
  readonly name: string;
  readonly template: string;
  readonly namespace?: string;
  readonly spec?: JsonObject;
}

function definition({ name, template, namespace = 'default', spec = {} }: Defined): KubeObject {
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'PolicyDefinition',
    metadata: { name, namespace },
    spec: { scope: 'Application', ...spec, schematic: { cue: { template } } },
  };
}

const labelTeam: Defined = {
  name: 'team',
  template: 'parameter: {team: string}\noutput: labels: team: parameter.team',
};

function bedWith(definitions: readonly Defined[], policies: readonly AppPolicy[] = [], gates = {}): ApplicationBed {
  const bed = new ApplicationBed({ policies: { applicationScoped: true, global: true, ...gates } });
  for (const each of definitions) {
    const status = { latestRevision: { name: `${each.name}-v3`, revision: 3, revisionHash: 'abc' } };
    const stored = bed.cluster.create(policyDefinitionResource, definition(each));
    bed.cluster.replace(policyDefinitionResource, { ...stored, status }, 'status');
  }
  bed.put(application({ components: [web], policies: [...policies] }));
  return bed;
}

const team = { name: 'mine', type: 'team', properties: { team: 'a' } };
const appOf = (bed: ApplicationBed): Application => bed.app() ?? failing();
const failing = (): never => {
  throw new Error('no such object');
};
const liveImage = (bed: ApplicationBed): unknown =>
  (bed.cluster.find(deployments, { name: 'web', namespace: 'default' })?.['spec'] as JsonObject | undefined)?.['image'];
const revisions = (bed: ApplicationBed): readonly KubeObject[] =>
  bed.cluster.all().filter((o) => o.kind === 'ApplicationRevision');

function change(bed: ApplicationBed, defined: Defined): void {
  const stored = bed.cluster.find(policyDefinitionResource, { name: defined.name, namespace: 'default' }) ?? failing();
  bed.cluster.replace(policyDefinitionResource, { ...stored, spec: definition(defined)['spec'] }, undefined);
}

describe('a policy of scope Application', () => {
  test('writes labels and annotations to the Application, and its status says so', async () => {
    const both = {
      ...labelTeam,
      template: `${labelTeam.template}\noutput: annotations: note: context.policyRevisionName`,
    };
    const bed = bedWith([both], [team]);
    await bed.settle();
    const { metadata, status } = appOf(bed);
    expect(metadata).toMatchObject({ labels: { team: 'a' }, annotations: { note: 'team-v3' } });
    expect(status?.appliedApplicationPolicies).toEqual([
      {
        name: 'mine',
        type: 'team',
        namespace: 'default',
        applied: true,
        source: 'explicit',
        labelsCount: 1,
        annotationsCount: 1,
        definitionRevisionName: 'team-v3',
        revision: 3,
        revisionHash: 'abc',
      },
    ]);
    expect(status?.status).toBe('running');
    expect(bed.events).toContain('Normal PolicyApplied: Applied policy mine');
  });

  test('writes nothing once everything is as it says', async () => {
    const bed = bedWith([labelTeam], [team]);
    await bed.settle();
    const before = bed.cluster.changes.length;
    await bed.reconcile();
    expect(bed.cluster.changes.slice(before)).toEqual([]);
  });

  test('that appends to a label and an annotation which it reads appends once', async () => {
    const template = `
      output: labels: tier: *"\\(context.appLabels.tier)-x" | "x"
      output: annotations: note: *"\\(context.appAnnotations.note)!" | "!"`;
    const bed = bedWith([{ name: 'append', template }], [{ name: 'p', type: 'append' }]);
    const withTier = (tier: string): void => {
      const app = appOf(bed);
      bed.put({ ...app, metadata: { ...app.metadata, labels: { ...app.metadata.labels, tier } } });
    };
    withTier('a');
    await bed.settle();
    await bed.reconcile();
    await bed.reconcile();
    expect(appOf(bed).metadata).toMatchObject({ labels: { tier: 'a-x' }, annotations: { note: '!' } });
    withTier('b');
    await bed.settle();
    await bed.reconcile();
    expect(appOf(bed).metadata.labels?.['tier']).toBe('b-x');
  });

  test('leaves its label when it is disabled, and appends to the value before when it is enabled again', async () => {
    const template = (enabled: boolean): string =>
      `enabled: ${String(enabled)}\noutput: labels: tier: *"\\(context.appLabels.tier)-x" | "x"`;
    const bed = bedWith([{ name: 'append', template: template(true), spec: { global: true } }]);
    await bed.settle();
    for (const enabled of [false, true]) {
      change(bed, { name: 'append', template: template(enabled), spec: { global: true } });
      const app = appOf(bed);
      bed.put({ ...app, spec: { components: [{ ...web, properties: { image: String(enabled) } }] } });
      await bed.settle();
      expect(appOf(bed).metadata.labels?.['tier']).toBe('x');
    }
  });

  test('changes what is delivered, and leaves the spec of the Application alone', async () => {
    const template = 'output: components: [for c in context.appComponents {c & {properties: more: "x"}}]\n';
    const image = { name: 'image', template: template.replace('more: "x"', 'port: 80') };
    const bed = bedWith([image], [{ name: 'p', type: 'image' }]);
    await bed.settle();
    expect(bed.inventory()).toContain('Service default/web');
    expect(appOf(bed).spec.components).toEqual([web]);
    expect(appOf(bed).status?.appliedApplicationPolicies).toEqual([expect.objectContaining({ specModified: true })]);
    expect(revisions(bed)).toHaveLength(1);
    await bed.reconcile();
    expect(revisions(bed)).toHaveLength(1);
  });

  test('follows the Application, and until it changes the definition of its revision', async () => {
    const imageFrom = (tag: string): Defined => ({
      name: 'image',
      template: `output: components: [{name: "web", type: "web", properties: image: context.appComponents[0].properties.image + ":${tag}"}]`,
    });
    const bed = bedWith([imageFrom('v1')], [{ name: 'p', type: 'image' }]);
    await bed.settle();
    expect(liveImage(bed)).toBe('nginx:v1');
    change(bed, imageFrom('v2'));
    await bed.settle();
    expect(liveImage(bed)).toBe('nginx:v1');
    bed.put({ ...appOf(bed), spec: { ...appOf(bed).spec, components: [{ ...web, properties: { image: 'other' } }] } });
    await bed.settle();
    expect(liveImage(bed)).toBe('other:v2');
    expect(revisions(bed)).toHaveLength(2);
  });

  test('with the annotation auto-revision follows its definition at once', async () => {
    const imageOf = (image: string): Defined => ({
      name: 'image',
      template: `output: components: [{name: "web", type: "web", properties: image: "${image}"}]`,
    });
    const bed = bedWith([imageOf('a')], [{ name: 'p', type: 'image' }]);
    const app = appOf(bed);
    bed.put({ ...app, metadata: { ...app.metadata, annotations: { 'policy.oam.dev/auto-revision': 'true' } } });
    await bed.settle();
    change(bed, imageOf('b'));
    await bed.settle();
    expect(liveImage(bed)).toBe('b');
    expect(revisions(bed)).toHaveLength(2);
  });

  test('sees what the policies before it changed', async () => {
    const second = {
      name: 'second',
      template: 'output: labels: copy: context.appLabels.team + "-" + context.policyName',
    };
    const bed = bedWith([labelTeam, second], [team, { name: 'two', type: 'second' }]);
    await bed.settle();
    expect(appOf(bed).metadata.labels).toMatchObject({ team: 'a', copy: 'a-two' });
  });

  test.each([
    { name: 'a field that is unknown', template: 'output: {metadata: {}}', says: 'output.metadata is not allowed' },
    { name: 'a label that is no text', template: 'output: labels: a: 1', says: 'output.labels must be a map of texts' },
    { name: 'no output', template: 'a: 1', says: 'must yield output' },
    {
      name: 'an enabled that is no boolean',
      template: 'enabled: "x"\noutput: {}',
      says: 'enabled must be true or false',
    },
    { name: 'a conflict', template: 'output: labels: a: "x" & "y"', says: 'conflicting values' },
    {
      name: 'the label of a shard',
      template: 'output: labels: "controller.core.oam.dev/scheduled-shard-id": "b"',
      says: 'assigns the Application to a shard',
    },
  ])('with $name fails the Application: $says', async ({ template, says }) => {
    const bed = bedWith([{ name: 'bad', template }], [{ name: 'p', type: 'bad' }]);
    await expect(bed.reconcile()).rejects.toThrow(says);
    const { status } = appOf(bed);
    expect(status?.status).toBe('starting');
    expect(status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'Synced',
        status: 'False',
        message: expect.stringContaining(says) as unknown as string,
      }),
    );
  });

  test('that is not enabled changes nothing, and the status says so', async () => {
    const off = { ...labelTeam, template: `${labelTeam.template}\nconfig: enabled: context.appName != "app"` };
    const bed = bedWith([off], [team]);
    await bed.settle();
    expect(appOf(bed).metadata.labels?.['team']).toBeUndefined();
    expect(appOf(bed).status?.appliedApplicationPolicies).toEqual([
      expect.objectContaining({ applied: false, message: 'enabled=false' }),
    ]);
  });

  test('gives templates its context as context.custom', async () => {
    const given = { name: 'given', template: 'output: ctx: region: "north"' };
    const shown = {
      name: 'shown',
      template: 'output: {apiVersion: "v1", kind: "ConfigMap", data: region: context.custom.region}',
      spec: { scope: '' },
    };
    const bed = bedWith(
      [given, shown],
      [
        { name: 'g', type: 'given' },
        { name: 's', type: 'shown', properties: {} },
      ],
    );
    await bed.settle();
    expect(bed.cluster.find(configMaps, { name: 's', namespace: 'default' })?.['data']).toEqual({ region: 'north' });
  });

  test('may be named by version, and stays at it', async () => {
    const bed = bedWith([{ ...labelTeam, template: 'output: labels: team: "new"' }]);
    const old = definition({ name: 'team', template: 'output: labels: team: "old-" + context.policyRevisionName' });
    bed.cluster.create(definitionRevisionResource, {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'DefinitionRevision',
      metadata: { name: 'team-v1', namespace: 'default' },
      spec: { revision: 1, revisionHash: 'h', definitionType: 'Policy', policyDefinition: old },
    });
    bed.put(application({ components: [web], policies: [{ name: 'p', type: 'team@v1' }] }));
    await bed.settle();
    expect(appOf(bed).metadata.labels?.['team']).toBe('old-team-v1');
    const [revision] = revisions(bed);
    expect(revision?.['spec']).toMatchObject({
      policyDefinitions: { team: { metadata: { name: 'team' } } },
      policyVersions: { p: { definitionRevisionName: 'team-v1', revision: 1, revisionHash: 'h' } },
    });
    await bed.settle();
    expect(revisions(bed)).toHaveLength(1);
  });

  test('does nothing where the gate is off', async () => {
    const bed = bedWith([labelTeam], [team], { applicationScoped: false });
    await bed.settle();
    expect(appOf(bed).metadata.labels?.['team']).toBeUndefined();
    expect(appOf(bed).status?.status).toBe('running');
  });

  test('shows what it did in a ConfigMap', async () => {
    const bed = bedWith([labelTeam], [team]);
    await bed.settle();
    const name = appOf(bed).status?.applicationPoliciesConfigMap ?? '';
    expect(name).toBe('application-policies-default-app');
    const data = bed.cluster.find(configMaps, { name, namespace: 'default' })?.['data'] as Record<string, string>;
    expect(Object.keys(data).sort()).toEqual(['001-mine', 'applied_spec', 'info', 'metadata', 'rendered_spec']);
    expect(JSON.parse(data['001-mine'] ?? '')).toMatchObject({
      name: 'mine',
      enabled: true,
      output: { labels: { team: 'a' } },
    });
  });
});

describe('a global policy', () => {
  const global = (name: string, label: string, more: JsonObject = {}, namespace = 'default'): Defined => ({
    name,
    namespace,
    template: `output: labels: order: *"\\(context.appLabels.order),${label}" | "${label}"`,
    spec: { global: true, ...more },
  });

  test('applies to Applications by itself: lower priorities first, the namespace before the system', async () => {
    const bed = bedWith([
      global('late', 'late', { priority: 10 }),
      global('b', 'b'),
      global('a', 'system', {}, 'vela-system'),
      global('a', 'own'),
    ]);
    await bed.settle();
    expect(appOf(bed).metadata.labels?.['order']).toBe('own,b,late');
  });

  test.each([
    { name: 'the gate is off', gates: { global: false }, notes: {} },
    { name: 'the Application skips them', gates: {}, notes: { 'policy.oam.dev/skip-global': 'true' } },
  ])('does not where $name', async ({ gates, notes }) => {
    const bed = bedWith([global('a', 'a')], [], gates);
    const app = appOf(bed);
    bed.put({ ...app, metadata: { ...app.metadata, annotations: notes } });
    await bed.settle();
    expect(appOf(bed).metadata.labels?.['order']).toBeUndefined();
  });

  test('cannot be named in an Application', async () => {
    const bed = bedWith([global('a', 'a')], [{ name: 'p', type: 'a' }]);
    await expect(bed.reconcile()).rejects.toThrow('is global and applies by itself; remove it from spec.policies');
  });

  test('that fails is left out, and the status says why', async () => {
    const bed = bedWith([{ name: 'bad', template: 'output: labels: a: 1', spec: { global: true } }]);
    await bed.settle();
    expect(appOf(bed).status).toMatchObject({
      status: 'running',
      appliedApplicationPolicies: [{ name: 'bad', applied: false, error: true, source: 'global' }],
    });
    expect(bed.events.some((event) => event.startsWith('Warning GlobalPolicyFailed'))).toBe(true);
  });
});

describe('a policy that yields objects', () => {
  const objects: Defined = {
    name: 'config',
    template: `
      parameter: {value: string}
      output: {apiVersion: "v1", kind: "ConfigMap", data: v: parameter.value}
      outputs: more: {apiVersion: "v1", kind: "ConfigMap", metadata: name: "more", data: of: context.name}`,
    spec: { scope: '' },
  };
  const use = (value: string, type = 'extra') => ({ name: 'conf', type, properties: { value } });
  const named: Defined = { ...objects, name: 'extra' };

  test('delivers them before the components, tracked as those of a policy', async () => {
    const bed = bedWith([named], [use('1')]);
    await bed.settle();
    const own = bed.cluster.find(configMaps, { name: 'conf', namespace: 'default' });
    expect(own).toMatchObject({
      data: { v: '1' },
      metadata: { labels: { 'app.oam.dev/name': 'app', 'app.oam.dev/component': 'conf' } },
    });
    expect(bed.cluster.find(configMaps, { name: 'more', namespace: 'default' })?.['data']).toEqual({ of: 'conf' });
    expect(appOf(bed).status?.appliedResources).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ creator: 'policy', kind: 'ConfigMap', name: 'conf' }),
        expect.objectContaining({ creator: 'workflow', kind: 'Deployment', name: 'web' }),
      ]),
    );
    const [revision] = revisions(bed);
    const { policyDefinitions } = revision?.['spec'] as { readonly policyDefinitions: object };
    expect(Object.keys(policyDefinitions)).toEqual(['extra']);
  });

  test('collects them when the policy is gone', async () => {
    const bed = bedWith([named], [use('1')]);
    await bed.settle();
    bed.put({ ...appOf(bed), spec: { components: [web] } });
    await bed.settle();
    expect(bed.inventory()).not.toContain('ConfigMap default/conf');
  });

  test('of wrong parameters fails the Application', async () => {
    const bed = bedWith([named], [{ name: 'conf', type: 'extra', properties: { value: 1 } }]);
    await expect(bed.reconcile()).rejects.toThrow('policy "conf" of type "extra"');
    expect(appOf(bed).status).toMatchObject({ status: 'generatingPolicy' });
  });

  test('with manageHealthCheck makes the Application run while components are unhealthy', async () => {
    const managed: Defined = { ...named, spec: { scope: '', manageHealthCheck: true } };
    const phaseWith = async (defined: Defined): Promise<string | undefined> => {
      const bed = bedWith([defined], [use('1')]);
      await bed.settle();
      const body = { status: { readyReplicas: 0, availableReplicas: 0, updatedReplicas: 0 } };
      bed.cluster.react = (object) => object;
      await bed.cluster
        .client()
        .patch(deployments, { name: 'web', namespace: 'default' }, { type: 'merge', body }, { subresource: 'status' });
      await bed.reconcile();
      return appOf(bed).status?.status;
    };
    expect(await phaseWith(named)).toBe('unhealthy');
    expect(await phaseWith(managed)).toBe('running');
  });
});
