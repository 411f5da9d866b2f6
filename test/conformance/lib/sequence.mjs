// Plays a sequence of requests that is plain data. What one step answers can be used by the next ones:
//   {ns}, {u}, {group}       in paths and texts: the sequence's namespace, its unique name, the group of Widgets
//   "@2:metadata.uid"        a text that is exactly this: that part of the answer of step 2 (counted from 0)
//   { settle: 500 }          a step that waits until the server has taken in roles and bindings
//   { $of: 2, merge, drop }  a body: the answer of step 2, with a fragment merged into it and paths dropped
import { PATCH, sleep } from './context.mjs';
import { get, omit } from './normalise.mjs';

const isMap = (x) => x !== null && typeof x === 'object' && !Array.isArray(x);

/** Merges a fragment; null stays, as what a client may send. */
export function merged(target, fragment) {
  if (!isMap(fragment) || !isMap(target)) return fragment;
  const out = { ...target };
  for (const [key, value] of Object.entries(fragment)) out[key] = merged(out[key], value);
  return out;
}

class Player {
  constructor(t, names) {
    this.t = t;
    this.names = names;
    this.answers = [];
    this.watches = new Map();
  }

  text(s) {
    const found = /^@(\d+):(.+)$/.exec(s);
    if (found) return get(this.answers[Number(found[1])], found[2]);
    return s.replace(/\{(ns|u|group)\}/g, (_, name) => this.names[name] ?? '');
  }

  fill(v) {
    if (typeof v === 'string') return this.text(v);
    if (Array.isArray(v)) return v.map((x) => this.fill(x) ?? null);
    if (!isMap(v)) return v;
    if ('$of' in v) {
      const base = this.answers[v.$of];
      const out = merged(isMap(base) ? structuredClone(base) : {}, this.fill(v.merge ?? {}));
      for (const path of v.drop ?? []) omit(out, path);
      return out;
    }
    const out = {};
    for (const [key, value] of Object.entries(v)) {
      const filled = this.fill(value);
      if (filled !== undefined) out[this.text(key)] = filled;
    }
    return out;
  }

  async play(step, i) {
    const { t } = this;
    const name = `${i} ${step.watch ? 'watch' : (step.do ?? 'events')}`;
    if (step.events !== undefined) return this.events(step, name);
    if (step.settle !== undefined) return sleep(step.settle);
    const q = step.q && Object.fromEntries(Object.entries(this.fill(step.q)).map(([k, v]) => [k, String(v)]));
    if (step.watch !== undefined) {
      this.watches.set(step.watch, await t.watch(this.text(step.at), q, { accept: step.accept }));
      return;
    }
    const body = step.raw ?? (step.body === undefined ? undefined : this.fill(step.body));
    const type = PATCH[step.type] ?? step.type ?? 'application/json';
    const headers = { 'user-agent': 'sequence/1', ...this.fill(step.headers ?? {}) };
    const as = step.as && this.fill(step.as);
    const answer = await t.send(step.do, this.text(step.at), body, { type, headers, q, accept: step.accept, as });
    this.answers[i] = answer.body;
    const warnings = answer.headers.warning;
    const picked = /reviews$/.test(step.at) ? { pick: ['status', 'code', 'message', 'reason'] } : {};
    t.record(name, answer, { mf: true, status: t.n.quiet === true, ...picked });
    if (warnings !== undefined) t.check(`${name}: warnings`, t.n.text(String(warnings)).replace(/^\n+/, ''));
  }

  /** Records what a watch has brought, up to an object with this name; of bookmarks only the end of the initial events. */
  async events({ events, upto }, name) {
    const w = this.watches.get(events)?.raw;
    if (w === undefined) return;
    const isLast = (e) => nameIn(e) === this.text(upto);
    await w.until(() => w.events.some(isLast), 4000);
    const counts = (e) => e.type !== 'BOOKMARK' || e.object.metadata.annotations?.['k8s.io/initial-events-end'] !== undefined;
    // other sequences move the version of a bookmark
    const objectOf = (e) => (e.type === 'BOOKMARK' ? undefined : this.t.shape(e.object, { status: this.t.n.quiet }));
    const shown = w.events.filter(counts).map((e) => ({ type: e.type, object: objectOf(e) }));
    this.t.records.push({ step: name, code: w.code, events: shown });
  }
}

const nameIn = ({ object }) => object?.metadata?.name ?? object?.rows?.[0]?.object?.metadata?.name;

/** Plays the steps in a namespace of their own, and records every answer in `t`. */
export async function playSequence(t, { steps, account = false, custom }) {
  t.n.plain = true;
  await t.namespace();
  const u = t.unique('u');
  const group = custom ? (t.group ?? (await t.crd(custom)).group) : undefined;
  if (group) t.n.alias(group, '<group>');
  if (account) {
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
    await t.client.request('POST', `/api/v1/namespaces/${t.ns}/serviceaccounts`, t.json(body));
  }
  const player = new Player(t, { ns: t.ns, u, group });
  for (const [i, step] of steps.entries()) await player.play(step, i);
}
