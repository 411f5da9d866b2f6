import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'undici';

/** MiB: what the process needs once all garbage is collected, and what it has of the machine's memory then. */
export interface Kept {
  readonly needed: number;
  readonly resident: number;
}

/** Where Node's inspector listens after a signal. */
const inspector = 'http://127.0.0.1:9229/json/list';
const collections = 3;

/** Collects a process's garbage and measures the rest: without a collection the figure shows the collector, not the program. */
export async function keptBy(pid: number): Promise<Kept> {
  const socket = new WebSocket(await debuggerOf(pid));
  try {
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => {
        reject(new Error(`process ${pid} has no inspector`));
      });
    });
    for (let i = 0; i < collections; i += 1) {
      await ask(socket, 'HeapProfiler.collectGarbage');
      await sleep(500);
    }
    const expression = 'JSON.stringify(process.memoryUsage())';
    const { result } = (await ask(socket, 'Runtime.evaluate', { expression })) as { result: { value: string } };
    const { heapUsed, external, rss } = JSON.parse(result.value) as NodeJS.MemoryUsage;
    return { needed: (heapUsed + external) / 2 ** 20, resident: rss / 2 ** 20 };
  } finally {
    socket.close();
  }
}

async function debuggerOf(pid: number): Promise<string> {
  process.kill(pid, 'SIGUSR1');
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const answer = await fetch(inspector).catch(() => undefined);
    const targets = (await answer?.json()) as { webSocketDebuggerUrl: string }[] | undefined;
    if (targets?.[0]) return targets[0].webSocketDebuggerUrl;
    await sleep(100);
  }
  throw new Error(`process ${pid} does not answer on ${inspector}`);
}

/** One request of the inspector's protocol, one at a time. */
function ask(socket: WebSocket, method: string, params: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.addEventListener(
      'message',
      ({ data }) => {
        const { result, error } = JSON.parse(String(data)) as { result?: unknown; error?: { message: string } };
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result);
      },
      { once: true },
    );
    socket.send(JSON.stringify({ id: 1, method, params }));
  });
}
