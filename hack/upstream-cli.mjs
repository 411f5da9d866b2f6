#!/usr/bin/env node
// Runs KubeVela's command line against an installation of Flotilla on the embedded API, and writes the outcome of each command to
// hack/compatibility-cli.json, of which hack/compatibility.mjs makes a section of docs/reference/compatibility.md.
//
//   VELA_UPSTREAM=/path/to/vela node --import ./hack/typescript.mjs hack/upstream-cli.mjs [--only TEXT] [--dry]
//
// The built commands under dist/ must be there. --only runs the commands that contain a text, after those that they need; --dry
// writes nothing. What a command printed, where it is not as expected, goes to standard error.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock, systemRandom } from '../machinery/src/clock/system.ts';
import { loadConnection } from '../pkg/client/connection.ts';
import { newKubeClient } from '../pkg/client/http-client.ts';
import { loadYamlDocuments } from '../pkg/render/yaml.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const upstream = process.env['VELA_UPSTREAM'];
if (!upstream || !existsSync(upstream)) throw new Error("set VELA_UPSTREAM to the program of KubeVela's command line");
const { values } = parseArgs({ options: { only: { type: 'string' }, dry: { type: 'boolean', default: false } } });

const folder = mkdtempSync(join(tmpdir(), 'upstream-cli-'));
const file = (name, text) => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
};
const kubeconfig = join(folder, 'kubeconfig');
const env = { ...process.env, HOME: folder, VELA_HOME: join(folder, '.vela'), KUBECONFIG: kubeconfig };
const own = join(root, 'bin/vela');

function run(command, args, { timeoutMs = 60_000, input } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { env, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
    let text = '';
    const add = (chunk) => (text += chunk.toString());
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    if (input !== undefined) child.stdin.end(input);
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.on('close', (code) => {
      clearTimeout(timer);
      done({ code: code ?? -1, text });
    });
  });
}

async function must(...args) {
  const { code, text } = await run(own, args, { timeoutMs: 300_000 });
  if (code !== 0) throw new Error(`vela ${args.join(' ')} ended with ${code}\n${text}`);
  return text;
}

const app = (name, image = 'nginx', more = '') => `apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: ${name}, namespace: default}
spec:
  components:
    - name: ${name}
      type: webservice
      properties: {image: ${image}, ports: [{port: 80, expose: true}]}
      traits: [{type: scaler, properties: {replicas: 1}}]
${more}`;
const suspended = `  workflow:
    steps:
      - {name: deploy, type: apply-component, properties: {component: flow}}
      - {name: wait, type: suspend}
`;
const files = {
  app: file('web.yaml', app('web')),
  changed: file('changed.yaml', app('web', 'nginx:2')),
  flow: file('flow.yaml', app('flow', 'nginx', suspended)),
  sharded: file('sharded.yaml', app('sharded')),
  definition: file('greeting.cue', readFileSync(join(root, 'docs/examples/definitions/greeting.cue'), 'utf8')),
  configTemplate: file(
    'registry.cue',
    `metadata: {name: "registry", alias: "Registry", scope: "system", sensitive: false}
template: {
	output: {
		apiVersion: "v1"
		kind:       "Secret"
		metadata: {name: context.name, namespace: context.namespace}
		stringData: user: parameter.user
	}
	parameter: user: string
}
`,
  ),
  adopted: file(
    'adopted.yaml',
    `apiVersion: v1
kind: ConfigMap
metadata: {name: adopted, namespace: default}
data: {a: b}
`,
  ),
  run: file(
    'run.yaml',
    `apiVersion: core.oam.dev/v1alpha1
kind: WorkflowRun
metadata: {name: run, namespace: default}
spec: {workflowSpec: {steps: [{name: wait, type: suspend}]}}
`,
  ),
};
file('addon/metadata.yaml', 'name: small\nversion: 1.0.0\ndescription: one object\n');
file(
  'addon/resources/config.yaml',
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: of-addon, namespace: vela-system}\ndata: {a: b}\n',
);
file(
  'addon/template.cue',
  `package main
output: {
	apiVersion: "core.oam.dev/v1beta1"
	kind:       "Application"
	metadata: {name: "addon-small", namespace: "vela-system"}
	spec: components: [{name: "c", type: "k8s-objects", properties: objects: [{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "of-addon"}, data: {a: "b"}}]}]
}
`,
);
rmSync(join(folder, 'addon/resources'), { recursive: true });

const simulated = 'pods are simulated on the embedded API: nothing runs in them';
/** A command as it is named in the table, its arguments, and what it must print. */
const commands = [
  ['up', ['up', '-f', files.app], /deployed|succeeded|applied/i],
  ['ls', ['ls'], /web .*running/],
  ['status', ['status', 'web'], /running/],
  ['status --tree', ['status', 'web', '--tree'], /Deployment/],
  ['status --tree --detail', ['status', 'web', '--tree', '--detail'], /Deployment/],
  ['status --endpoint', ['status', 'web', '--endpoint'], /web\.default/],
  ['status --pod', ['status', 'web', '--pod'], /web-/],
  ['status -o yaml', ['status', 'web', '-o', 'yaml'], /status: running/],
  ['logs', ['logs', 'web'], /› web/, { timeoutMs: 10_000, isStopped: true }],
  ['exec', ['exec', 'web', '--', 'ls'], /./, { timeoutMs: 10_000, why: simulated }],
  [
    'port-forward',
    ['port-forward', 'web', '0:80'],
    /[Ff]orwarding/,
    { timeoutMs: 10_000, isStopped: true, why: simulated },
  ],
  ['dry-run', ['dry-run', '-f', files.app], /kind: Deployment/],
  ['live-diff', ['live-diff', '-f', files.changed, '-r', 'web-v1'], /nginx:2/],
  ['show', ['show', 'webservice'], /image/],
  ['component list', ['component', 'list'], /webservice/],
  ['trait list', ['trait', 'list'], /scaler/],
  ['def list', ['def', 'list'], /webservice/],
  ['def get', ['def', 'get', 'webservice'], /webservice/],
  ['def vet', ['def', 'vet', files.definition], /succeed/],
  ['def render', ['def', 'render', files.definition], /ComponentDefinition/],
  ['def apply', ['def', 'apply', files.definition], /created|applied/],
  ['def del', ['def', 'del', 'greeting', '--yes'], /deleted/, { input: 'y\n' }],
  ['revision list', ['revision', 'list', 'web'], /web-v1/],
  ['revision get', ['revision', 'get', 'web-v1'], /web-v1/],
  ['ql', ['ql', '--query', 'component-pod-view{appName=web,appNs=default}.status.podList'], /"phase"/],
  ['ql (services)', ['ql', '--query', 'component-service-view{appName=web,appNs=default}'], /"services"/],
  ['ql (applied)', ['ql', '--query', 'service-applied-resources-view{appName=web,appNs=default}'], /Deployment/],
  ['ql (tree)', ['ql', '--query', 'application-resource-tree-view{appName=web,appNs=default}'], /ReplicaSet/],
  [
    'ql --file',
    [
      'ql',
      '--file',
      file(
        'ql.cue',
        `import "vela/ql"
found: ql.#Read & {value: {apiVersion: "apps/v1", kind: "Deployment", metadata: {name: "web", namespace: "default"}}}
status: found.value.metadata.name
export: "status"
`,
      ),
    ],
    /web/,
  ],
  [
    'workflow list',
    ['workflow', 'list'],
    /flow\s.*suspending/,
    { before: [['up', '-f', files.flow]], pauseMs: 10_000 },
  ],
  ['workflow suspend', ['workflow', 'suspend', 'flow'], /Successfully suspend/],
  ['workflow resume', ['workflow', 'resume', 'flow'], /Successfully resume/],
  ['workflow restart', ['workflow', 'restart', 'flow'], /Successfully restart/],
  ['workflow terminate', ['workflow', 'terminate', 'flow'], /Successfully terminate/, { pauseMs: 3000 }],
  ['workflow rollback', ['workflow', 'rollback', 'web'], /Successfully rollback/i],
  ['workflow list (WorkflowRun)', ['workflow', 'list'], /run\s+WorkflowRun/, { kube: [files.run], pauseMs: 4000 }],
  ['workflow resume (WorkflowRun)', ['workflow', 'resume', 'run'], /Successfully resume/],
  ['workflow restart (WorkflowRun)', ['workflow', 'restart', 'run'], /Successfully restart/, { pauseMs: 2000 }],
  ['workflow terminate (WorkflowRun)', ['workflow', 'terminate', 'run'], /Successfully terminate/, { pauseMs: 2000 }],
  ['addon enable', ['addon', 'enable', join(folder, 'addon')], /enabled/, { timeoutMs: 120_000 }],
  ['addon status', ['addon', 'status', 'small'], /small/],
  ['addon disable', ['addon', 'disable', 'small', '--yes'], /disable/i, { input: 'y\n' }],
  ['config-template apply', ['config-template', 'apply', '-f', files.configTemplate], /registry/],
  ['config-template list', ['config-template', 'list', '-A'], /registry/],
  ['config-template show', ['config-template', 'show', 'registry'], /user/],
  ['config create', ['config', 'create', 'mine', '--template=registry', 'user=jane'], /mine/],
  ['config list', ['config', 'list'], /mine/],
  ['config distribute', ['config', 'distribute', 'mine', '-t', 'local/vela-system'], /distribut/i],
  ['config delete', ['config', 'delete', 'mine'], /delete.*success|success.*delete/i, { input: 'y\n' }],
  ['adopt', ['adopt', 'configmap/adopted', '--app-name', 'taken', '--apply'], /taken/, { kube: [files.adopted] }],
  ['up --shard-id', ['up', '-f', files.sharded, '--shard-id', 'master'], /deployed|succeeded|applied/i],
  ['env list', ['env', 'list'], /default/],
  ['cluster list', ['cluster', 'list'], /local/, { why: 'there is one cluster, and no cluster gateway' }],
  ['system info', ['system', 'info'], /vela-core|kubevela/i],
  ['version', ['version'], /CLI Version/],
  ['delete', ['delete', 'web', '-n', 'default', '--yes'], /deleted|succeed/i, { timeoutMs: 90_000 }],
];

/** Creates an object that the command line is then tried on. */
async function create(path) {
  const client = newKubeClient(await loadConnection({ kubeconfig, env: {} }), {
    qps: 0,
    burst: 0,
    userAgent: 'upstream-cli',
    clock: systemClock,
    random: systemRandom,
  });
  const [object] = loadYamlDocuments(readFileSync(path, 'utf8'));
  await client.create(await client.resourceFor(object.apiVersion, object.kind), object);
  await client.close();
}

const server = spawn(own, ['dev', 'up', '--port', '0', '--kubeconfig', kubeconfig], { env, stdio: 'ignore' });
const rows = [];
try {
  for (let i = 0; i < 300 && !existsSync(kubeconfig); i += 1) await sleep(200);
  process.stderr.write(await must('install', '--set', 'sharding.enabled=true', '--timeout', '280'));
  for (const [name, args, expected, options = {}] of commands) {
    const isWanted = values.only === undefined || name.includes(values.only);
    if (!isWanted && !['up', 'addon enable', 'config-template apply'].includes(name)) continue;
    for (const before of options.before ?? []) await run(upstream, before);
    for (const path of options.kube ?? []) await create(path);
    await sleep(options.pauseMs ?? 500);
    const { code, text } = await run(upstream, args, options);
    const isGood = (code === 0 || options.isStopped === true) && expected.test(text);
    rows.push({ command: `vela ${name}`, outcome: isGood ? 'equal' : 'not', why: isGood ? '' : (options.why ?? '') });
    process.stderr.write(`${isGood ? 'ok ' : 'NOT'} vela ${name}\n`);
    if (!isGood)
      process.stderr.write(`    ended with ${code}: ${text.trim().slice(-1500).replaceAll('\n', '\n    ')}\n`);
    if (name === 'up') await sleep(6000);
  }
} finally {
  server.kill('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
}
if (!values.dry && values.only === undefined) {
  const data = join(root, 'hack/compatibility-cli.json');
  const reasons = new Map(
    existsSync(data) ? JSON.parse(readFileSync(data, 'utf8')).map((row) => [row.command, row]) : [],
  );
  const kept = rows.map((row) => {
    const before = reasons.get(row.command);
    return row.why === '' && before?.outcome === row.outcome ? { ...row, why: before.why } : row;
  });
  writeFileSync(data, `${JSON.stringify(kept, null, 2)}\n`);
}
const failed = rows.filter(({ outcome }) => outcome === 'not').length;
process.stderr.write(`${rows.length - failed} of ${rows.length} commands as expected\n`);
