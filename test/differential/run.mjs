#!/usr/bin/env node
// Plays random sequences of requests against a real kube-apiserver and the embedded API, and compares every answer.
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { kinds } from './kinds.mjs';
import { SequenceMaker, topicsOf } from './sequence.mjs';
import { firstDifference, Server } from './server.mjs';
import { reasonFor } from './known.mjs';
import { Draw } from './random.mjs';
import { signatureOf } from './signature.mjs';
import { shrink } from './shrink.mjs';

const { values: opt } = parseArgs({
  options: {
    real: { type: 'string' },
    embedded: { type: 'string' },
    sequences: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string', multiple: true },
    topic: { type: 'string', multiple: true },
    jobs: { type: 'string', default: '8' },
    json: { type: 'string' },
    'no-shrink': { type: 'boolean' },
    shuffle: { type: 'boolean' },
    all: { type: 'boolean' },
    max: { type: 'string', default: '400' },
  },
});

const real = new Server(opt.real);
const embedded = new Server(opt.embedded);
await Promise.all([real.prepare(), embedded.prepare()]);

async function differences(sequence) {
  const [want, got] = await Promise.all([real.play(sequence), embedded.play(sequence)]);
  return { want, got, lines: firstDifference(want, got) };
}

const work = [];
for (const kind of kinds) {
  if (opt.kind && !opt.kind.includes(kind.kind)) continue;
  for (const topic of topicsOf(kind)) {
    if (opt.topic && !opt.topic.some((t) => topic === t || topic.startsWith(`${t}/`))) continue;
    for (let i = 0; i < Number(opt.sequences); i++) work.push({ kind, topic, seed: Number(opt.seed) + i });
  }
}

if (opt.shuffle) {
  const draw = new Draw(Number(opt.seed));
  for (let i = work.length - 1; i > 0; i--) {
    const j = draw.int(i + 1);
    [work[i], work[j]] = [work[j], work[i]];
  }
}

const reasons = new Map();
const found = new Map();
let done = 0;
const total = work.length;
const started = Date.now();
async function worker() {
  for (let w = work.shift(); w; w = work.shift()) {
    const sequence = new SequenceMaker(w.kind, w.topic, w.seed).sequence();
    const {
      lines: [first],
    } = await differences(sequence);
    done += 1;
    if (done % 500 === 0)
      process.stderr.write(
        `${done}/${total} sequences, ${found.size} kinds of differences, ${Math.round((Date.now() - started) / 1000)} s\n`,
      );
    if (!first) continue;
    const signature = signatureOf(w.kind, first, sequence);
    const reason = reasonFor(signature, w.kind.kind);
    if (reason !== undefined) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      if (!opt.all) continue;
    }
    const known = found.get(signature);
    if (known) {
      known.count += 1;
      known.kinds.add(w.kind.kind);
      continue;
    }
    found.set(signature, {
      count: 1,
      kinds: new Set([w.kind.kind]),
      kind: w.kind.kind,
      topic: w.topic,
      seed: w.seed,
      first,
      sequence,
    });
    if (found.size > Number(opt.max)) work.length = 0;
  }
}
await Promise.all(Array.from({ length: Number(opt.jobs) }, worker));

const sorted = [...found.entries()].sort((a, b) => b[1].count - a[1].count);
for (const [signature, entry] of sorted) {
  if (!opt['no-shrink'])
    entry.sequence = await shrink(
      entry.sequence,
      async (candidate) => {
        const {
          lines: [first],
        } = await differences(candidate);
        return first !== undefined && signatureOf({ kind: entry.kind }, first, candidate) === signature
          ? first
          : undefined;
      },
      entry,
    );
}
for (const [signature, { count, kinds: of, kind, topic, seed, first, sequence }] of sorted) {
  console.log(`--- ${count}x ${signature}  (${[...of].join(',')}; ${kind} ${topic} seed ${seed})`);
  for (const step of sequence.steps) console.log(`    > ${JSON.stringify(step).slice(0, 600)}`);
  for (const line of first.lines.slice(0, 5)) console.log(`    ${first.step}: ${line}`);
}
for (const [reason, count] of reasons) console.log(`known, ${count}x: ${reason}`);
if (opt.json)
  fs.writeFileSync(
    opt.json,
    JSON.stringify(
      sorted.map(([signature, e]) => ({ signature, ...e, kinds: [...e.kinds] })),
      null,
      1,
    ),
  );
console.log(
  `${done} sequences, ${found.size} kinds of differences, ${sorted.reduce((n, [, e]) => n + e.count, 0)} sequences with one`,
);
process.exit(found.size > 0 ? 1 : 0);
