#!/usr/bin/env node
// written.mjs --real FILE --embedded FILE [--file NAME] [--only TEXT] [--record]: plays the hand-written sequences of written/ against
// both servers and prints each step that is answered differently. Exit status 1 when there is one.
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { diff } from '../conformance/lib/normalise.mjs';
import { Server } from './server.mjs';

const { values: opt } = parseArgs({
  options: {
    real: { type: 'string' },
    embedded: { type: 'string' },
    file: { type: 'string' },
    only: { type: 'string' },
    json: { type: 'string' },
    lines: { type: 'string', default: '8' },
    record: { type: 'boolean' },
  },
});
const servers = [new Server(opt.real), new Server(opt.embedded)];
await Promise.all(servers.map((server) => server.prepare()));

/** The differing steps of two transcripts. */
function differencesOf(want, got) {
  const keys = [...new Set([...want, ...got].map((record) => record.step))];
  const at = (list, step) => list.find((record) => record.step === step) ?? null;
  return keys
    .map((step) => ({ step, lines: shortened(at(want, step), at(got, step)) }))
    .filter(({ lines }) => lines.length > 0);
}

/** How two answers differ; of refusals and of different codes only the code and the message. */
function shortened(want, got) {
  const lines = diff(want, got);
  if (lines.length === 0 || want?.code === undefined || got?.code === undefined) return lines;
  if (want.code === got.code && want.code < 400) return lines.filter((line) => !/^body\S*\.uid: /.test(line));
  return [`expected ${answerText(want)}`, `got      ${answerText(got)}`];
}

function answerText({ code, body }) {
  if (code < 400) return String(code);
  const causes = body?.details?.causes?.map(({ field, message, reason }) => `${field}: ${message} (${reason})`);
  const { causes: _causes, ...details } = body?.details ?? {};
  return `${code} ${body?.reason} ${JSON.stringify(details)} ${causes?.join(' ;; ') ?? body?.message ?? JSON.stringify(body)}`;
}

const folder = new URL('./written/', import.meta.url);
const work = [];
for (const file of fs.readdirSync(folder).sort()) {
  if (opt.file !== undefined && !file.startsWith(opt.file)) continue;
  const { sequences } = await import(new URL(file, folder).href);
  for (const [name, sequence] of Object.entries(sequences))
    if (opt.only === undefined || name.includes(opt.only))
      work.push({ name: `${file.replace('.mjs', '')}: ${name}`, sequence });
}
/** Adds the steps that are answered alike to the cases of test/conformance, but for kinds that controllers write. */
function record(all) {
  const file = new URL('../conformance/sequences.json', import.meta.url);
  const known = JSON.parse(fs.readFileSync(file, 'utf8'));
  for (const { name, sequence, differences } of all) {
    const numbers = new Set(differences.map(({ step }) => Number(/^\d+/.exec(step)?.[0])));
    const isLinked = JSON.stringify(sequence.steps).includes('"@');
    if (sequence.local || (isLinked && numbers.size > 0)) continue;
    const steps = sequence.steps.filter((_, i) => !numbers.has(i));
    if (steps.length > 0) known[`written ${name}`] = { ...sequence, steps };
  }
  const lines = Object.entries(known).map(([name, one]) => ` ${JSON.stringify(name)}: ${JSON.stringify(one)}`);
  fs.writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`);
}

/** A transcript, or a note that it did not end. */
async function within(playing) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, 60_000, [{ step: 'timeout' }])));
  const records = await Promise.race([playing, late]);
  clearTimeout(timer);
  return records;
}

const results = [];
let next = 0;
async function worker() {
  while (next < work.length) {
    const { name, sequence } = work[next++];
    const [want, got] = await Promise.all(servers.map((server) => within(server.play(sequence))));
    results.push({ name, sequence, differences: differencesOf(want, got) });
  }
}
await Promise.all(Array.from({ length: 6 }, worker));
const differing = results
  .filter(({ differences }) => differences.length > 0)
  .sort((a, b) => (a.name < b.name ? -1 : 1));
for (const { name, sequence, differences } of differing) {
  console.log(`--- ${name}`);
  for (const { step, lines } of differences) {
    const asked = sequence.steps[Number(/^\d+/.exec(step)?.[0])];
    console.log(`  ${step}  > ${JSON.stringify(asked)?.slice(0, 260) ?? ''}`);
    for (const line of lines.slice(0, Number(opt.lines))) console.log(`      ${line.slice(0, 420)}`);
  }
}
if (opt.record) record(results);
if (opt.json) fs.writeFileSync(opt.json, JSON.stringify(results));
console.log(`${work.length} sequences, ${differing.length} answered differently`);
process.exit(differing.length > 0 ? 1 : 0);
