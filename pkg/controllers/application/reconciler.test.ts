import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, configMaps, deployments } from '../../../test/support/application-bed.ts';

const web = (image = 'nginx', more: object = {}) => ({
  name: 'web',
  type: 'web',
  properties: { image, port: 80 },
  ...more,
});
const config = { name: 'conf', type: 'config', properties: { data: { a: '1' } } };

describe('an Application', () => {
  test('is delivered with a revision, a tracker and a status', async () => {
    const bed = new ApplicationBed();
    bed.put(
      application({
        components: [web('nginx', { traits: [{ type: 'scaler', properties: { replicas: 3 } }] }), config],
      }),
    );
    await bed.settle();
    expect(bed.inventory()).toEqual([
      'Application default/app',
      'ApplicationRevision default/app-v1',
      'ConfigMap default/conf',
      'Deployment default/web',
      'ResourceTracker app-v1-default',
      'Service default/web',
    ]);
    const status = bed.app()?.status;
    expect(status?.status).toBe('running');
    expect(status?.latestRevision?.name).toBe('app-v1');
    expect(status?.workflow).toMatchObject({
      finished: true,
      status: 'succeeded',
      mode: 'DAG-DAG',
      appRevision: 'app-v1',
    });
    expect(status?.services?.map((s) => [s.name, s.healthy])).toEqual([
      ['web', true],
      ['conf', true],
    ]);
    expect(status?.conditions?.map((c) => [c.type, c.status])).toEqual(
      ['Parsed', 'Revision', 'Policy', 'Render', 'Workflow', 'Ready'].map((type) => [type, 'True']),
    );
    expect(bed.cluster.find(deployments, { name: 'web', namespace: 'default' })?.['spec']).toMatchObject({
      replicas: 3,
    });
  });
});
