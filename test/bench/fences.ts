// Measures what the fences add to a write, with 1, 50 and 500 recorded holders: REAL_KUBECONFIG names a control plane, which
// is emptied.
import { join } from 'node:path';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import { annotations, labels } from '../../pkg/apis/names.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { systemClock } from '../../machinery/src/clock/system.ts';
import { fieldManager } from '../../pkg/dispatch/field-manager.ts';
import { installSystem } from '../../pkg/install/install.ts';
import { renderSystem } from '../../pkg/install/render.ts';
import { FenceBed } from '../support/fence-bed.ts';
import type { Writer } from '../support/fence-bed.ts';
import { startTestApi } from '../support/test-api.ts';

const configMaps: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const outside = ['Deployment', 'Service', 'MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
const times = 200;

process.env['TEST_KUBECONFIG'] = process.env['REAL_KUBECONFIG'];
const api = await startTestApi();
const bed = new FenceBed(await loadConnection({ kubeconfig: api.kubeconfig, env: {} }));
const templatesDir = join(packageRoot(), 'templates');
const all = await renderSystem({ sharding: { enabled: true }, rights: 'admin' }, { templatesDir, version: '0.0.0' });
const objects = all.filter(({ kind }) => !outside.includes(kind));
await installSystem(bed.person, objects, { clock: systemClock, wait: false }, new AbortController().signal);
const writer = await bed.bound('writer');
await bed.hand('s0', writer.process, 1);

const object = (marked: boolean): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: 'measured',
    namespace: 'default',
    labels: { [labels.appName]: 'a', ...(marked && { [labels.deliveredBy]: 's0' }) },
    ...(marked && { annotations: { [annotations.shardFence]: '0.1' } }),
  },
});

async function measure(client: Writer['client'], marked: boolean): Promise<readonly [number, number]> {
  const taken: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const start = performance.now();
    await client.create(configMaps, object(marked), { dryRun: true, fieldManager });
    taken.push(performance.now() - start);
  }
  taken.sort((a, b) => a - b);
  return [taken[times / 2] ?? 0, taken[Math.floor(times * 0.99)] ?? 0];
}

const text = ([p50, p99]: readonly [number, number]): string => `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
let holders = 1;
for (const wanted of [1, 50, 500]) {
  for (; holders < wanted; holders += 1) await bed.hand(`s${holders}`, `other-${holders}.pod`, 1);
  const [plain, fenced] = [await measure(writer.client, false), await measure(writer.client, true)];
  process.stdout.write(`${wanted} holders: without a fence ${text(plain)}; with it ${text(fenced)}\n`);
}
await bed.close();
await api.stop();
process.exit(0);
