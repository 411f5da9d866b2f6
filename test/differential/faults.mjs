#!/usr/bin/env node
// faults.mjs [NUMBER…]: puts each fault below into a copy of the embedded API, and runs the fuzzer against it and the sound
// one, until a difference is found. Prints one line for each; exit status 1 when one is not found.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const api = 'devcluster/src/apiserver';

/** What is wrong, where, and the text that becomes another. */
const faults = [
  [
    'an update from an old version overwrites',
    `${api}/modify.ts`,
    'if (resourceVersion !== live.metadata.resourceVersion) throw',
    'if (false) throw',
  ],
  [
    'an update of another uid overwrites',
    `${api}/modify.ts`,
    'if (isGiven(uid) && uid !== live.metadata.uid)',
    'if (false)',
  ],
  [
    'an update of something gone creates it anew',
    `${api}/write.ts`,
    "if (typeof uid === 'string' && uid !== '') throw",
    'if (false) throw',
  ],
  ['an apply creates without the right to', `${api}/create.ts`, 'if (creation.isUpsert === true)', 'if (false)'],
  ['an update never creates', `${api}/write.ts`, 'resource.strategy.createOnUpdate === true', 'false'],
  ['a dry run of an update writes', `${api}/modify.ts`, 'if (context.dryRun) return result;', ''],
  ['a dry run of a creation writes', `${api}/create.ts`, "if (context.dryRun) return finished(object, '');", ''],
  [
    'a write that changes nothing counts',
    `${api}/modify.ts`,
    'return deepEqual(timed, live) ? live : timed;',
    'return timed;',
  ],
  ['the generation never grows', `${api}/modify.ts`, 'bumps ? generation + 1 : generation', 'generation'],
  [
    'a write of the status changes the rest',
    `${api}/modify.ts`,
    'const result: MutableObject = { ...live, metadata };',
    'const result: MutableObject = { ...object, metadata };',
  ],
  [
    'an update changes the status',
    `${api}/modify.ts`,
    "if (resource.subresources.has('status')) copyField(object, live, 'status');",
    '',
  ],
  [
    'a precondition on the uid is not checked',
    `${api}/remove.ts`,
    'if (uid !== undefined && uid !== live.metadata.uid)',
    'if (false)',
  ],
  [
    'a precondition on the version is not checked',
    `${api}/remove.ts`,
    'if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion)',
    'if (false)',
  ],
  ['finalizers hold nothing', `${api}/remove.ts`, 'const isHeld = finalizers.length > 0 || ', 'const isHeld = '],
  [
    'foreground deletion is background deletion',
    `${api}/remove.ts`,
    "policy === 'Foreground' ? ['foregroundDeletion'] : []",
    '[]',
  ],
  [
    'finalizers may be added during deletion',
    'devcluster/src/kinds/metadata.ts',
    'if (added.length === 0) return [];',
    'return [];',
  ],
  ['finalizers need no domain', 'devcluster/src/kinds/metadata.ts', "stringOf(name).includes('/') ||", 'true ||'],
  [
    'conflicts of appliers are forced',
    'machinery/src/patch/apply.ts',
    'if (conflicts.length > 0 && !apply.force)',
    'if (false)',
  ],
  [
    'an apply keeps what it wants no longer',
    'machinery/src/patch/apply.ts',
    'prune(merged, { last, managers, schema: apply.schema })',
    'merged',
  ],
  [
    'a merge patch with null keeps the key',
    'machinery/src/patch/merge-patch.ts',
    'if (value === null) Reflect.deleteProperty(out, key);',
    'if (value === null) continue;',
  ],
  [
    'a strategic patch replaces lists',
    'machinery/src/patch/strategic-merge.ts',
    'if (Array.isArray(old) && Array.isArray(value)) return mergeList(old, value, field);',
    '',
  ],
  [
    'a test in a JSON patch always holds',
    'machinery/src/patch/json-patch.ts',
    'if (!deepEqual(peek(root, path) ?? null, operation.value ?? null))',
    'if (false)',
  ],
  [
    '!= selects only objects with the label',
    `${api}/selectors.ts`,
    'return !has || !values.includes(value);',
    'return has && !values.includes(value);',
  ],
  ['a page holds one object too many', `${api}/list.ts`, 'views.length === limit', 'views.length > limit'],
  [
    'the next page begins with the last object',
    `${api}/list.ts`,
    "(scanned[at]?.key ?? '') <= after",
    "(scanned[at]?.key ?? '') < after",
  ],
  ['a watch repeats what it has sent', `${api}/watch.ts`, 'if (change.revision <= this.#seen) return;', ''],
  [
    'a watch does not say that objects leave its selector',
    `${api}/watch.ts`,
    'this.#write(frame(event.type, event.stored',
    "if (event.type !== 'DELETED') this.#write(frame(event.type, event.stored",
  ],
  [
    'a right on one name is one on all',
    'devcluster/src/auth/rbac.ts',
    'return names.length === 0 || names.includes(name);',
    'return true;',
  ],
  [
    'a right on a resource is one on its subresources',
    'devcluster/src/auth/rbac.ts',
    "['*', combined, `*/${subresource}`]",
    "['*', combined, resource, `*/${subresource}`]",
  ],
  ['a RoleBinding grants everywhere', 'devcluster/src/auth/rbac.ts', 'if (binding.namespace !== place) continue;', ''],
  [
    'roles may grant what their writer has not',
    'devcluster/src/auth/escalation.ts',
    'if (missing.length > 0) throw',
    'if (false) throw',
  ],
  [
    'strict validation lets unknown fields pass',
    `${api}/decoding.ts`,
    "if (context.fieldValidation === 'Ignore') return;",
    'return;',
  ],
];

/** Starts the embedded API of a folder; resolves with its kubeconfig. */
async function start(folder, kubeconfig) {
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--import',
    './hack/typescript.mjs',
    'test/differential/embedded.ts',
    kubeconfig,
  ];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  for (let i = 0; i < 600 && !fs.existsSync(kubeconfig); i++) await new Promise((resolve) => setTimeout(resolve, 200));
  if (!fs.existsSync(kubeconfig)) throw new Error(`the API of ${folder} did not start`);
  return child;
}

function copyOf(fault) {
  const [, file, from, to] = fault;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fault-'));
  for (const name of ['devcluster', 'machinery', 'hack', 'test/differential', 'package.json', 'tsconfig.json'])
    fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const text = fs.readFileSync(path.join(folder, file), 'utf8');
  if (!text.includes(from)) throw new Error(`${file} does not contain: ${from}`);
  fs.writeFileSync(
    path.join(folder, file),
    text.replace(from, () => to),
  );
  return folder;
}

/** The first difference between two servers, or undefined. */
function differs(real, embedded) {
  const args = [
    '--real',
    real,
    '--embedded',
    embedded,
    '--sequences',
    '3',
    '--shuffle',
    '--jobs',
    '16',
    '--max',
    '0',
    '--no-shrink',
    '--all',
  ];
  const child = spawn(process.execPath, [path.join(root, 'test/differential/run.mjs'), ...args]);
  let out = '';
  child.stdout.on('data', (data) => (out += data));
  return new Promise((resolve) => child.on('close', () => resolve(/^--- \d+x (.*)$/m.exec(out)?.[1])));
}

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'faults-'));
const sound = await start(root, path.join(scratch, 'sound'));
const wanted = process.argv.slice(2).map(Number);
let missed = 0;
const control = await start(root, path.join(scratch, 'control'));
const apart = await differs(path.join(scratch, 'sound'), path.join(scratch, 'control'));
control.kill();
console.log(apart === undefined ? 'two sound servers do not differ' : `TWO SOUND SERVERS DIFFER: ${apart}`);
for (const [i, fault] of faults.entries()) {
  if (wanted.length > 0 && !wanted.includes(i + 1)) continue;
  const folder = copyOf(fault);
  const kubeconfig = path.join(scratch, String(i));
  const server = await start(folder, kubeconfig);
  const found = await differs(path.join(scratch, 'sound'), kubeconfig);
  server.kill();
  fs.rmSync(folder, { recursive: true });
  if (found === undefined) missed += 1;
  console.log(`${i + 1}. ${fault[0]}: ${found === undefined ? 'NOT FOUND' : `found (${found.trim()})`}`);
}
sound.kill();
fs.rmSync(scratch, { recursive: true });
console.log(`${faults.length - missed} of ${faults.length} faults found`);
process.exit(missed > 0 || apart !== undefined ? 1 : 0);
