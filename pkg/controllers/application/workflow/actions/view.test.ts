import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed } from '../../../../../test/support/application-bed.ts';
import { packageRoot } from '../../../../assets/root.ts';
import type { JsonObject } from '../../../../../machinery/src/meta.ts';
import { queryView } from './view.ts';

const { signal } = new AbortController();
const viewOf = (name: string): Promise<string> =>
  readFile(join(packageRoot(), 'templates/views', `${name}.cue`), 'utf8');

async function delivered(): Promise<ApplicationBed> {
  const bed = new ApplicationBed();
  const web = { name: 'web', type: 'web', properties: { image: 'nginx', port: 80 } };
  bed.put(application({ components: [web, { name: 'conf', type: 'config', properties: { data: {} } }] }));
  await bed.settle();
  return bed;
}

async function query(bed: ApplicationBed, name: string, parameter: JsonObject, exported = 'status') {
  const { engines, client } = bed.deps();
  return queryView({ template: await viewOf(name), parameter, exported }, { client, engines, signal });
}

const app = { appName: 'app', appNs: 'default' };

describe('a view', () => {
  test.each([
    ['service-applied-resources-view', {}, ['Deployment/web', 'Service/web', 'ConfigMap/conf']],
    ['service-applied-resources-view', { name: 'conf' }, ['ConfigMap/conf']],
    ['service-applied-resources-view', { cluster: 'other' }, []],
    ['application-resource-tree-view', { clusterNs: 'default' }, ['Deployment/web', 'Service/web', 'ConfigMap/conf']],
  ])('%s of %j lists what was delivered', async (name, filter, found) => {
    const answer = await query(await delivered(), name, { ...app, ...filter }, 'status.resources');
    const resources = (answer.ok ? answer.value : []) as readonly { kind: string; name: string }[];
    expect(resources.map((one) => `${one.kind}/${one.name}`).sort()).toEqual([...found].sort());
  });

  test('that cannot read something has the reason in its field error', async () => {
    expect(await query(await delivered(), 'component-service-view', app)).toEqual({
      ok: true,
      value: { error: 'no kind ReplicaSet in apps/v1' },
    });
  });

  test('service-endpoints-view shows where it is reached', async () => {
    expect(await query(await delivered(), 'service-endpoints-view', app)).toMatchObject({
      ok: true,
      value: { endpoints: [] },
    });
  });

  test('application-revision-view shows a revision, and null where there is none', async () => {
    const bed = await delivered();
    expect(await query(bed, 'application-revision-view', { name: 'app-v1' }, 'status.metadata.name')).toEqual({
      ok: true,
      value: 'app-v1',
    });
    expect(await query(bed, 'application-revision-view', { name: 'none' }, 'status.spec')).toEqual({
      ok: true,
      value: null,
    });
  });

  test.each([
    ['a wrong path', 'a b', 'is not a path'],
    ['an action that writes', 'status', 'a view cannot do kube.apply'],
  ])('with %s says so', async (_, exported, message) => {
    const { engines, client } = new ApplicationBed().deps();
    const template = 'import "vela/kube"\nx: kube.#Apply & {$params: value: {}}\nstatus: 1';
    const answer = await queryView({ template, parameter: {}, exported }, { client, engines, signal });
    expect(answer).toEqual({ ok: false, problems: [expect.stringContaining(message)] });
  });
});
