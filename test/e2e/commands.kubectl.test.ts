import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../../pkg/assets/root.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { apiVersionOf } from '../../machinery/src/meta.ts';
import { shardSetName, shardSetResource } from '../../pkg/apis/shard-set.ts';
import { podsOfShards } from '../../pkg/controllers/shard/scaling/shard-set.ts';
import { eventually, startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';

describe('the real kubectl against vela dev up', () => {
  let cluster: TestCluster;
  const examples = join(packageRoot(), 'docs/examples');

  beforeAll(async () => {
    cluster = await startCluster('--ready-delay', '100');
    await cluster.must('install');
  }, 120_000);

  afterAll(async () => {
    await cluster.stop();
  }, 30_000);

  async function kubectl(...args: string[]): Promise<string> {
    const result = await cluster.kubectl(args);
    if (result.code !== 0)
      throw new Error(`kubectl ${args.join(' ')} ended with ${result.code}\n${result.stdout}\n${result.stderr}`);
    return result.stdout;
  }

  test('apply creates, a second apply says unchanged', async () => {
    expect(await kubectl('apply', '-f', examples)).toContain('application.core.oam.dev/shop created');
    await kubectl('wait', 'application/shop', '--for=jsonpath={.status.status}=running', '--timeout=60s');
    const second = (await kubectl('apply', '-f', examples)).trim().split('\n');
    expect(second.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
  }, 120_000);

  test("definitions of one's own are there for the Application that comes with them", async () => {
    await kubectl('apply', '-f', join(examples, 'definitions'));
    await kubectl('wait', 'application/sessions', '--for=jsonpath={.status.status}=running', '--timeout=60s');
    const service = '{.status.services[0].message}';
    expect(await kubectl('get', 'application', 'sessions', '-o', `jsonpath=${service}`)).toBe(
      'redis://sessions.default:6379',
    );
    const pod = '{.spec.template.spec.terminationGracePeriodSeconds} {.spec.template.spec.containers[0].args}';
    expect(await kubectl('get', 'deployment', 'sessions', '-o', `jsonpath=${pod}`)).toBe(
      '5 ["--port","6379","--maxmemory-policy","allkeys-lru"]',
    );
    await kubectl('wait', 'application/tickets', '--for=jsonpath={.status.status}=running', '--timeout=60s');
    expect(await kubectl('get', 'application', 'tickets', '-o', `jsonpath=${service}`)).toBe('nats://tickets:4222');
    const containers =
      '{.spec.replicas} {.spec.template.spec.containers[*].name} {.spec.template.spec.containers[0].args}';
    expect(await kubectl('get', 'deployment', 'tickets', '-o', `jsonpath=${containers}`)).toBe(
      '2 broker logs ["--port","4222","--jetstream"]',
    );
    const said = '{.status.workflow.steps[?(@.name=="announce")].message}';
    expect(await kubectl('get', 'application', 'tickets', '-o', `jsonpath=${said}`)).toBe(
      'tickets are out: 1 Deployments',
    );
    const schema = '{.data.openapi-v3-json-schema}';
    expect(
      await kubectl('get', 'configmap', '-n', 'vela-system', 'component-schema-queue', '-o', `jsonpath=${schema}`),
    ).toContain('"description":"Where it listens"');
    const components = [{ name: 'sessions', type: 'cache', properties: { setings: {} } }];
    const patch = JSON.stringify({ spec: { components } });
    const refused = await cluster.kubectl(['patch', 'application', 'sessions', '--type=merge', '-p', patch]);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('properties.setings: is not a parameter'),
    });
    expect(refused.stderr).toContain('properties.memory: is required');
  }, 120_000);

  test('kubectl scale sets the number of shards, and understands how their pods are selected', async () => {
    const target = { name: shardSetName, namespace: 'default' };
    const set = { apiVersion: apiVersionOf(shardSetResource), kind: shardSetResource.kind, metadata: target };
    await cluster.client.create(shardSetResource, { ...set, spec: { replicas: 1 } });
    const status = { replicas: 1, selector: podsOfShards };
    await cluster.client.patch(
      shardSetResource,
      target,
      { type: 'merge', body: { status } },
      { subresource: 'status' },
    );
    expect(await kubectl('scale', 'shardset/shards', '--replicas=3')).toBe('shardset.flotilla.dev/shards scaled\n');
    expect(await kubectl('get', 'shardset', '--no-headers')).toMatch(/^shards +3 +1 /);
    await kubectl('delete', 'shardset', 'shards');
  }, 30_000);

  test('vela workflow resumes, suspends, ends and restarts workflows', async () => {
    const steps = [
      { name: 'ask', type: 'suspend' },
      { name: 'then', type: 'print-message-in-status', properties: { message: 'on' } },
      { name: 'again', type: 'suspend' },
    ];
    const app = {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'Application',
      metadata: { name: 'asking', namespace: 'default' },
      spec: { components: [], workflow: { steps } },
    };
    const phase = (wanted: string) =>
      kubectl('wait', 'application/asking', `--for=jsonpath={.status.status}=${wanted}`, '--timeout=30s');
    const phases = () => kubectl('get', 'app', 'asking', '-o', 'jsonpath={.status.workflow.steps[*].phase}');
    await cluster.client.create(applicationResource, app);
    await phase('workflowSuspending');
    expect(await cluster.must('workflow', 'resume', 'asking')).toBe('Successfully resume workflow: asking\n');
    await eventually('the next question', async () => {
      expect(await phases()).toBe('succeeded succeeded suspending');
    });
    expect(await cluster.must('workflow', 'list')).toMatch(/asking +Application +suspending/);
    expect((await cluster.vela('workflow', 'resume', 'asking', '--step', 'none')).stderr).toContain(
      'there is no step "none"',
    );
    await cluster.must('workflow', 'terminate', 'asking');
    await phase('workflowTerminated');
    expect((await cluster.vela('workflow', 'resume', 'asking')).stderr).toContain('was terminated; restart it');
    await cluster.must('workflow', 'restart', 'asking');
    await phase('workflowSuspending');
    for (const _ of [1, 2]) {
      await eventually('a question', async () => {
        expect(await phases()).toMatch(/suspending$/);
      });
      await cluster.must('workflow', 'resume', 'asking');
    }
    await phase('running');
    expect(await cluster.must('workflow', 'resume', 'asking')).toBe('workflow asking is not suspended.\n');
  }, 90_000);

  test('vela addon enables an addon in CUE, brings it to other arguments, and takes it away', async () => {
    const folder = join(examples, 'addons/greeter');
    const text = () => kubectl('get', 'configmap', 'greeting', '-n', 'vela-system', '-o', 'jsonpath={.data.text}');
    expect(await cluster.must('addon', 'enable', folder, 'name=you')).toMatch(
      /ComponentDefinition\/addon-greeting created[^]*Read it with: kubectl[^]*enabled successfully/,
    );
    expect(await text()).toBe('Hello, you!');
    await cluster.must('addon', 'enable', folder);
    expect(await text()).toBe('Hello, you!');
    await cluster.must('addon', 'enable', folder, '--reset-values');
    expect(await text()).toBe('Hello, world!');
    await cluster.must('addon', 'disable', 'greeter');
    const gone = await cluster.kubectl(['get', 'componentdefinition', 'addon-greeting', '-n', 'vela-system']);
    expect(gone.stderr).toContain('not found');
  }, 60_000);

  test('vela def applies, lists, prints and deletes definitions in files of CUE', async () => {
    const file = join(examples, 'definitions', 'greeting.cue');
    expect(await cluster.must('def', 'apply', file)).toBe(
      'ComponentDefinition greeting created in namespace vela-system.\n',
    );
    expect(await cluster.must('def', 'list', '--type', 'component')).toMatch(
      /greeting +component +vela-system +A text in a ConfigMap/,
    );
    const template = await cluster.must('def', 'get', 'greeting');
    expect(template).toContain('parameter: text: *"hello" | string');
    expect(await cluster.must('def', 'del', 'greeting')).toContain('deleted');
    const gone = await cluster.vela('def', 'get', 'greeting');
    expect([gone.code, gone.stderr]).toEqual([3, expect.stringContaining('there is no definition "greeting"')]);
  }, 60_000);

  test.each([
    {
      args: ['get', 'applications', '-A', '-L', 'controller.core.oam.dev/scheduled-shard-id'],
      shows: /NAMESPACE\s+NAME\s+COMPONENT\s+TYPE\s+PHASE.*\n.*default\s+/,
    },
    { args: ['get', 'deploy,po', '-o', 'wide'], shows: /deployment\.apps\/front\s+3\/3.*nginx:1\.27/ },
    { args: ['describe', 'application', 'shop'], shows: /Status:\s+running/ },
    { args: ['describe', 'deployment', 'front'], shows: /Replicas:\s+3 desired \| 3 updated/ },
    { args: ['-n', 'vela-system', 'logs', 'deploy/kubevela-vela-core', '--tail=5'], shows: /"level":"info"/ },
    { args: ['explain', 'application.spec.components'], shows: /properties/ },
  ])(
    'kubectl $args',
    async ({ args, shows }) => {
      expect(await kubectl(...args)).toMatch(shows);
    },
    60_000,
  );

  test('port-forward reaches a pod that is a process, and says why it cannot reach others; so does exec', async () => {
    const env = { ...process.env, KUBECONFIG: cluster.kubeconfig };
    const args = ['port-forward', '-n', 'vela-system', 'deploy/kubevela-vela-core', ':8080'];
    const forward = spawn('kubectl', args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = (await once(forward.stdout, 'data')) as [Buffer];
      const port = /127\.0\.0\.1:(\d+)/.exec(line.toString())?.[1] ?? '';
      const answers = await Promise.all(
        Array.from({ length: 5 }, async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
      );
      for (const text of answers) expect(text).toMatch(/^process_cpu_seconds_total [\d.]+$/m);
    } finally {
      forward.kill();
    }
    const refused = await cluster.kubectl(['port-forward', 'deploy/front', ':80']);
    expect(refused.stderr).toContain('is simulated and listens on no port');
    const exec = await cluster.kubectl(['exec', 'deploy/front', '--', 'ls']);
    expect(exec.stderr).toContain('kubectl exec is not possible with pod front-');
  }, 60_000);

  test('wait follows a Deployment, delete removes an Application with what it delivered', async () => {
    await kubectl('wait', 'deployment/front', '--for=condition=Available', '--timeout=60s');
    await kubectl('delete', 'application', 'shop', '--timeout=60s');
    expect(await kubectl('get', 'deploy', '-o', 'name')).not.toContain('front');
  }, 90_000);
});
