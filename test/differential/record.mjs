#!/usr/bin/env node
// record.mjs --real FILE --embedded FILE FOUND...: of the sequences that earlier runs found to differ (run.mjs --json), those
// that are answered alike now become cases of test/conformance. Their answers are recorded afterwards by
// `node test/conformance/run.mjs --record --group sequences --kubeconfig REAL`.
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { firstDifference, Server } from './server.mjs';

const { values: opt, positionals } = parseArgs({
  options: { real: { type: 'string' }, embedded: { type: 'string' } },
  allowPositionals: true,
});
// of these, controllers change what a sequence reads
const busy = [
  'DaemonSet',
  'Deployment',
  'HorizontalPodAutoscaler',
  'Ingress',
  'Job',
  'PersistentVolume',
  'PersistentVolumeClaim',
];
busy.push('PodDisruptionBudget', 'ReplicaSet', 'ReplicationController', 'ResourceQuota', 'StatefulSet');
const file = new URL('../conformance/sequences.json', import.meta.url);
const known = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
const servers = [new Server(opt.real), new Server(opt.embedded)];
await Promise.all(servers.map((server) => server.prepare()));
for (const found of positionals) {
  for (const { kind, topic, seed, sequence, first } of JSON.parse(fs.readFileSync(found, 'utf8'))) {
    if (busy.includes(kind)) continue;
    const last = Number(/^\d+/.exec(first.step)?.[0] ?? sequence.steps.length - 1);
    const short = { ...sequence, steps: sequence.steps.slice(0, last + 1) };
    const [want, got] = await Promise.all(servers.map((server) => server.play(short)));
    if (firstDifference(want, got).length === 0) known[`${kind} ${topic} ${seed}`] = short;
  }
}
const lines = Object.entries(known).map(([name, sequence]) => ` ${JSON.stringify(name)}: ${JSON.stringify(sequence)}`);
fs.writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`);
console.log(`${lines.length} sequences`);
process.exit();
