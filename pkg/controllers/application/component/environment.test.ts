import { describe, expect, test } from '@jest/globals';
import { application, ApplicationBed, deployments, oneAction } from '../../../../test/support/application-bed.ts';
import type { JsonObject } from '../../../../machinery/src/meta.ts';
import { policyProblems } from '../../../appfile/policy-check.ts';
import { deployPolicies, planWorkflow } from '../../../workflow/generate.ts';

const web = { name: 'web', type: 'web', properties: { image: 'nginx' } };
const patch = { components: [{ name: 'web', properties: { image: 'nginx:2' } }] };
const policy = (envs: readonly JsonObject[]) => ({ name: 'envs', type: 'env-binding', properties: { envs } });
const test1 = { name: 'test', placement: { namespaceSelector: { name: 'one' } }, patch };

function bedWith(envs: readonly JsonObject[], properties: JsonObject): ApplicationBed {
  const bed = new ApplicationBed();
  bed.defineStep(
    'deploy2env',
    oneAction('multicluster.apply-environment', ({ parameter }) => ({ policy: '', ...parameter })),
  );
  bed.put(
    application({
      components: [web, { ...web, name: 'other' }],
      policies: [policy(envs)],
      ...(Object.keys(properties).length > 0 && {
        workflow: { steps: [{ name: 's', type: 'deploy2env', properties }] },
      }),
    }),
  );
  return bed;
}

describe('an env-binding policy', () => {
  test('has a step for each of its environments', () => {
    const policies = [policy([{ name: 'test' }, { name: 'prod' }])];
    const source = { workflow: undefined, referred: undefined, components: [web], policies };
    const planned = planWorkflow({ ...source, definedSteps: ['deploy2env'] });
    expect(planned.ok && planned.plan.steps.map(({ name, properties }) => [name, properties])).toEqual([
      ['deploy-envs-test', { policy: 'envs', env: 'test' }],
      ['deploy-envs-prod', { policy: 'envs', env: 'prod' }],
    ]);
    expect(deployPolicies(source)).toEqual([]);
  });

  test('delivers patched components to the namespace of an environment, and shows that', async () => {
    const bed = bedWith([{ ...test1, selector: { components: ['web'] } }], {});
    await bed.settle();
    expect(bed.app()?.status).toMatchObject({
      status: 'running',
      services: [{ name: 'web', namespace: 'one', cluster: 'local' }],
      policy: [
        {
          name: 'envs',
          type: 'env-binding',
          status: {
            envs: [{ env: 'test', placements: [{ cluster: 'local', namespace: 'one' }] }],
            clusterConnections: [{ clusterName: 'local', lastActiveRevision: 'app-v1' }],
          },
        },
      ],
    });
    expect(bed.cluster.find(deployments, { name: 'web', namespace: 'one' })?.['spec']).toMatchObject({
      image: 'nginx:2',
    });
    bed.restart();
    await bed.settle();
    expect(bed.app()?.status?.services).toHaveLength(1);
  });

  test.each([
    ['an unknown environment', { env: 'prod' }, 'policy "envs" has no env "prod"; it has "test"'],
    ['an unknown policy', { env: 'test', policy: 'x' }, 'there is no env-binding policy "x"'],
  ])('fails the step of %s', async (_, properties, message) => {
    const bed = bedWith([test1], properties);
    await bed.settle();
    expect(bed.app()?.status?.workflow?.steps).toMatchObject([
      { phase: 'failed', message: expect.stringContaining(message) as unknown },
    ]);
  });

  test('with environments that cannot be placed is refused', () => {
    const labels = { labels: { a: 'b' } };
    const envs = [
      { name: 'far', placement: { clusterSelector: { name: 'eu' } } },
      { name: 'far', placement: { clusterSelector: labels } },
      { name: 'many', placement: { namespaceSelector: labels } },
    ];
    expect(policyProblems([policy(envs)], {})).toEqual([
      'env "far" of policy "envs" names cluster "eu"; only "local" is available',
      'env "far" of policy "envs" is declared twice',
      'env "far" of policy "envs" selects clusters by labels; name "local" instead',
      'env "many" of policy "envs" selects namespaces by labels; name one namespace instead',
    ]);
  });
});
