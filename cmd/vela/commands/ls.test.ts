import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { applicationResource } from '../../../pkg/apis/application.ts';
import type { Application } from '../../../pkg/apis/application.ts';
import { CliBed } from '../../../test/support/cli-bed.ts';

let bed: CliBed;

const application = (name: string, namespace: string, more: Partial<Application> = {}): Application => ({
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'Application',
  metadata: { name, namespace },
  spec: { components: [{ name: 'front', type: 'webservice', properties: { image: 'nginx' } }] },
  ...more,
});

beforeAll(async () => {
  bed = await CliBed.start({ namespaces: ['one', 'two', 'empty'] });
  const labels = { 'controller.core.oam.dev/scheduled-shard-id': 'shard-0', tier: 'gold' };
  const components = [
    { name: 'front', type: 'webservice', traits: [{ type: 'scaler' }, { type: 'gateway' }] },
    { name: 'back', type: 'worker' },
  ];
  const services = [
    { name: 'front', healthy: true, message: 'Ready:1/1' },
    { name: 'back', healthy: false, message: 'Ready:0/1' },
  ];
  await bed.put(applicationResource, {
    ...application('shop', 'one', { metadata: { name: 'shop', namespace: 'one', labels } }),
    spec: { components },
    status: { status: 'unhealthy', services, latestRevision: { name: 'shop-v3', revision: 3, revisionHash: 'h' } },
  });
  await bed.put(applicationResource, application('bare', 'one', { spec: { components: [] } }));
  await bed.put(applicationResource, application('other', 'two'));
}, 60_000);

afterAll(() => bed.stop(), 30_000);

/** The lines of a table without the times in it. */
const linesOf = (table: string): readonly string[] =>
  table
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\d{4}-\S+Z/, 'TIME').replace(/ {2,}/g, '  '));

describe('vela ls', () => {
  test('prints a row for each component, the first with the name of its Application', async () => {
    const { code, stdout, requests } = await bed.requestsOf(['ls', '-n', 'one']);
    expect({ code, lines: linesOf(stdout) }).toEqual({
      code: 0,
      lines: [
        'APP  COMPONENT  TYPE  TRAITS  SHARD  PHASE  HEALTHY  STATUS  CREATED-TIME',
        'bare  TIME',
        'shop  front  webservice  scaler,gateway  shard-0  unhealthy  healthy  Ready:1/1  TIME',
        '└─  back  worker  shard-0  unhealthy  unhealthy  Ready:0/1  TIME',
      ],
    });
    expect(requests).toEqual(['list applications']);
  });

  test.each([
    { args: ['one'], apps: ['bare', 'shop'] },
    { args: ['-n', 'two'], apps: ['other'] },
    { args: ['one', '-n', 'two'], apps: ['bare', 'shop'] },
    { args: ['empty'], apps: [] },
    { args: ['absent'], apps: [] },
    { args: ['one', '-l', 'tier=gold'], apps: ['shop'] },
    { args: ['one', '-l', 'tier!=gold'], apps: ['bare'] },
    { args: ['one', '--shard', 'shard-0'], apps: ['shop'] },
    { args: ['one', '--shard', 'shard-1'], apps: [] },
    { args: ['one', '-l', 'tier=silver', '--shard', 'shard-0'], apps: [] },
    { args: ['-A', '--field-selector', 'metadata.name=other'], apps: ['other'] },
  ])('lists with $args', async ({ args, apps }) => {
    const { code, stdout } = await bed.vela(['ls', ...args, '-o', 'name']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: apps.map((name) => `application.core.oam.dev/${name}\n`).join(''),
    });
  });

  test('begins each row of all namespaces with the namespace', async () => {
    const { stdout } = await bed.vela(['ls', '-A']);
    expect(linesOf(stdout).map((line) => line.split('  ').slice(0, 2))).toEqual([
      ['NAMESPACE', 'APP'],
      ['one', 'bare'],
      ['one', 'shop'],
      ['one', '└─'],
      ['two', 'other'],
    ]);
  });

  test('ends each row with the revision where it is wide', async () => {
    const lines = linesOf((await bed.vela(['ls', 'one', '-o', 'wide'])).stdout);
    expect(lines.map((line) => line.split('  ').at(-1))).toEqual(['REVISION', 'TIME', 'shop-v3', 'shop-v3']);
  });

  test('prints objects that can be applied again', async () => {
    const printed = await bed.vela(['ls', 'two', '-o', 'yaml']);
    const list = load(printed.stdout) as { readonly kind: string; readonly items: readonly Application[] };
    expect(list).toMatchObject({ kind: 'ApplicationList', items: [{ metadata: { name: 'other' } }] });
    expect(JSON.parse((await bed.vela(['ls', 'two', '-o', 'json'])).stdout)).toEqual(list);
  });

  test('prints the heading alone where there is none', async () => {
    const { code, stdout, stderr } = await bed.vela(['ls', 'empty']);
    expect({ code, lines: linesOf(stdout).length, stderr }).toEqual({ code: 0, lines: 1, stderr: '' });
  });

  test.each([
    { args: ['ls', '-l', 'a in b'], says: /unable to parse requirement/ },
    { args: ['ls', '--field-selector', 'spec.x=1'], says: /field/i },
  ])('passes on why $args is refused', async ({ args, says }) => {
    const { code, stdout, stderr } = await bed.vela(args);
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(says) });
  });
});
