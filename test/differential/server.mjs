import { Client, loadKubeconfig } from '../conformance/lib/client.mjs';
import { Context } from '../conformance/lib/context.mjs';
import { diff } from '../conformance/lib/normalise.mjs';
import { playSequence } from '../conformance/lib/sequence.mjs';
import { custom } from './sequence.mjs';

/** An API server without controllers that sequences are played against. */
export class Server {
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
    // versions in messages differ between servers
    const text = JSON.stringify(t.records).replace(
      /ResourceVersion in ((?:the )?(?:precondition|record)) \(\d+\)/g,
      'ResourceVersion in $1',
    );
    const records = JSON.parse(text);
    // Go lists conflicts in no order
    for (const { body } of records) if (body?.reason === 'Conflict') body.details?.causes?.sort(byText);
    return records;
  }
}

const byText = (a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** The first step with answers that differ, and how. */
export function firstDifference(want, got) {
  for (let i = 0; i < Math.max(want.length, got.length); i++) {
    const lines = diff(want[i] ?? null, got[i] ?? null);
    if (lines.length > 0) return [{ index: i, step: (want[i] ?? got[i]).step, lines, want: want[i], got: got[i] }];
  }
  return [];
}
