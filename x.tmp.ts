import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'undici';
import { writeFileSync } from 'node:fs';
const pid = Number(process.argv[2]);
process.kill(pid, 'SIGUSR1'); await sleep(1000);
const t = await (await fetch('http://127.0.0.1:9229/json/list')).json();
const ws = new WebSocket(t[0].webSocketDebuggerUrl);
await new Promise(r => ws.addEventListener('open', r));
let id = 0;
const ask = (method, params = {}) => new Promise((res) => { const my = ++id; const h = ({data}) => { const m = JSON.parse(String(data)); if (m.id === my) { ws.removeEventListener('message', h); res(m.result);} }; ws.addEventListener('message', h); ws.send(JSON.stringify({id: my, method, params})); });
await ask('Profiler.enable'); await ask('Profiler.start'); await sleep(8000);
const { profile } = await ask('Profiler.stop');
ws.close();
const self = new Map(); const byId = new Map(profile.nodes.map(n => [n.id, n]));
const dt = profile.timeDeltas; profile.samples.forEach((s, i) => { const n = byId.get(s); const k = `${n.callFrame.functionName}@${n.callFrame.url.split('/').slice(-2).join('/')}:${n.callFrame.lineNumber}`; self.set(k, (self.get(k) ?? 0) + dt[i]); });
console.log([...self].sort((a, b) => b[1] - a[1]).slice(0, 25).map(([k, v]) => `${(v/1000).toFixed(0)} ${k}`).join('\n'));
// inclusive
const parent = new Map(); for (const n of profile.nodes) for (const c of n.children ?? []) parent.set(c, n.id);
const inc = new Map(); profile.samples.forEach((s, i) => { const seen = new Set(); for (let x = s; x !== undefined; x = parent.get(x)) { const n = byId.get(x); const k = `${n.callFrame.functionName}@${n.callFrame.url.split('/').slice(-2).join('/')}:${n.callFrame.lineNumber}`; if (!seen.has(k)) { seen.add(k); inc.set(k, (inc.get(k) ?? 0) + dt[i]); } } });

for (const n of profile.nodes) if (n.callFrame.functionName==='keepLabels') console.log(n.hitCount, JSON.stringify(n.positionTicks), n.deoptReason);
process.exit(0);
