#!/usr/bin/env node
// kubectl.mjs --real FILE --embedded FILE [--only TEXT] [--helm PROGRAM]: runs the same commands of kubectl (and Helm) against both
// servers, one after another, and prints each with another status or output. Exit status 1 when there is one.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { helmCommands, kubectlCommands, writeChart } from './commands.mjs';

const { values: opt } = parseArgs({
  options: {
    real: { type: 'string' },
    embedded: { type: 'string' },
    only: { type: 'string' },
    helm: { type: 'string' },
    json: { type: 'string' },
  },
});
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'kubectl-'));
const namespace = `kubectl-${Date.now().toString(36)}`;

/** Runs a program with some input; resolves with its status and output. */
function run(program, args, { kubeconfig, stdin }) {
  const env = { PATH: process.env.PATH, HOME: path.join(home, path.basename(kubeconfig)), KUBECONFIG: kubeconfig };
  const child = spawn(program, args, { env: { ...env, KUBE_EDITOR: 'true', TZ: 'UTC' }, cwd: home });
  const out = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].on('data', (data) => (out[name] += data));
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin ?? '');
  const timer = setTimeout(() => child.kill(), 60_000);
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout: plain(out.stdout), stderr: plain(out.stderr) });
    }),
  );
}

const replaced = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|[+-]\d\d:?\d\d))?( UTC)?/g, '<time>'],
  [/(Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(\d+ )?[A-Z][a-z]{2} +\d+ [\d: ]+( \d{4})?( ?\+0000)?/g, '<time>'],
  [/"?resourceVersion"?: "?\d+"?/g, 'resourceVersion: <rv>'],
  [/\b(\d+d)?(\d+h)?(\d+m)?\d+s\b/g, '<age>'],
  [/<invalid>/g, '<age>'],
  [/\b10\.\d+\.\d+\.\d+/g, '<ip>'],
  [/\b3[0-2]\d{3}\b/g, '<port>'],
  [/127\.0\.0\.1:\d+|localhost:\d+/g, '<server>'],
  [/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<token>'],
  [/kubectl-\w+/g, '<ns>'],
  [/\b([a-z]+)-[0-9a-f]{8,10}(-[a-z0-9]{5})?\b/g, '$1-<hash>'],
  [/^[EIW]\d{4} [^\]]*\]/gm, 'log]'],
];

/** An output without what differs from run to run; runs of blanks in tables depend on the width of the values. */
function plain(text) {
  let out = text;
  for (const [pattern, by] of replaced) out = out.replace(pattern, by);
  return out.replace(/ {2,}/g, '  ').replace(/[ \t]+$/gm, '');
}

function linesOf(result) {
  return [
    `status ${result.code}`,
    ...result.stdout.split('\n'),
    ...result.stderr.split('\n').map((line) => `stderr ${line}`),
  ];
}

/** The lines that only one side has. */
function differences(want, got) {
  const [left, right] = [linesOf(want), linesOf(got)];
  if (left.join('\n') === right.join('\n')) return [];
  const only = (list, other) => list.filter((line) => !other.includes(line));
  const lines = [
    ...only(left, right).map((line) => `real     ${line}`),
    ...only(right, left).map((line) => `embedded ${line}`),
  ];
  return lines.length > 0 ? lines : ['the same lines in another order'];
}

writeChart(home);
const commands = [
  ...kubectlCommands(namespace).map((command) => ({ program: 'kubectl', ...command })),
  ...(opt.helm ? helmCommands(namespace).map((command) => ({ program: opt.helm, ...command })) : []),
];
const differing = [];
for (const command of commands) {
  const all = await Promise.all(
    [opt.real, opt.embedded].map((kubeconfig) =>
      run(command.program, command.args, { kubeconfig, stdin: command.stdin }),
    ),
  );
  const lines = differences(...all);
  if (lines.length === 0 || (opt.only && !command.args.join(' ').includes(opt.only))) continue;
  differing.push({ command: command.args.join(' '), lines });
  console.log(`--- ${path.basename(command.program)} ${command.args.join(' ').slice(0, 200)}`);
  for (const line of lines.slice(0, 24)) console.log(`    ${line.slice(0, 300)}`);
}
fs.rmSync(home, { recursive: true });
if (opt.json) fs.writeFileSync(opt.json, JSON.stringify(differing, null, 1));
console.log(`${commands.length} commands, ${differing.length} with another result`);
process.exit(differing.length > 0 ? 1 : 0);
