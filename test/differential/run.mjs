#!/usr/bin/env node
// Plays random sequences of requests against a real kube-apiserver and the embedded API, and compares every answer.
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { Client, loadKubeconfig } from '../conformance/lib/client.mjs';
import { Context } from '../conformance/lib/context.mjs';
import { diff } from '../conformance/lib/normalise.mjs';
import { playSequence } from '../conformance/lib/sequence.mjs';
import { kinds } from './kinds.mjs';
import { custom, SequenceMaker, topicsOf } from './sequence.mjs';
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
    max: { type: 'string', default: '400' },
  },
});

class Server {
  constructor(file) {
    this.client = new Client(loadKubeconfig(file));
    this.file = file;
  }

  context() {
    const t = new Context({ client: this.client, hooks: undefined, kubectlPath: 'kubectl', kubeconfig: this.file });
    t.n.quiet = true;
    t.group = this.group;
    return t;
  }

  async prepare() {
    const t = this.context();
    this.group = (await t.crd(custom)).group;
  }

  /** The answers to a sequence, or the error that ended it. */
  async play(sequence) {
    const t = this.context();
    t.undo.push = () => 0; // both servers are thrown away
    try {
      await playSequence(t, sequence);
    } catch (error) {
      t.records.push({ step: 'error', value: String(error.message).replace(/127.0.0.1:\d+/, '') });
    }
    for (const w of t.watches) w.stop();
    return JSON.parse(JSON.stringify(t.records));
  }
}

const real = new Server(opt.real);
const embedded = new Server(opt.embedded);
await Promise.all([real.prepare(), embedded.prepare()]);

async function differences(sequence) {
  const [want, got] = await Promise.all([real.play(sequence), embedded.play(sequence)]);
  return { want, got, lines: compare(want, got) };
}

/** The first step with answers that differ, and how. */
function compare(want, got) {
  for (let i = 0; i < Math.max(want.length, got.length); i++) {
    const lines = diff(want[i] ?? null, got[i] ?? null);
    if (lines.length > 0) return [{ index: i, step: (want[i] ?? got[i]).step, lines, want: want[i], got: got[i] }];
  }
  return [];
}

const work = [];
for (const kind of kinds) {
  if (opt.kind && !opt.kind.includes(kind.kind)) continue;
  for (const topic of topicsOf(kind)) {
    if (opt.topic && !opt.topic.some((t) => topic === t || topic.startsWith(`${t}/`))) continue;
    for (let i = 0; i < Number(opt.sequences); i++) work.push({ kind, topic, seed: Number(opt.seed) + i });
  }
}

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
