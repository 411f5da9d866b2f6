import { badRequest, notFound } from '../apiserver/errors.ts';
import type { SpecialHandler } from '../apiserver/handler.ts';
import type { ClusterApi } from '../api.ts';
import { pods } from '../controllers/context.ts';
import type { Kubelet } from './kubelet.ts';
import { specOf } from './pod.ts';

/** `pods/log`: the output of a container, followed if asked. Simulated pods have none to show. */
export function logHandler(api: ClusterApi, kubelet: Kubelet): SpecialHandler {
  return async ({ path, query, response, signal }) => {
    const pod = api.get(pods, path.namespace, path.name ?? '');
    if (!pod) throw notFound(pods, path.name ?? '');
    const containers = specOf(pod).containers.map(({ name }) => name);
    const container = query.get('container') ?? containers[0] ?? '';
    if (query.get('container') === null && containers.length > 1) {
      throw badRequest(
        `a container name must be specified for pod ${path.name ?? ''}, choose one of: [${containers.join(' ')}]`,
      );
    }
    if (!containers.includes(container))
      throw badRequest(`container ${container} is not valid for pod ${path.name ?? ''}`);
    const closed = new AbortController();
    response.once('close', () => {
      closed.abort();
    });
    const lines = kubelet.logs(
      pod,
      container,
      {
        ...numbers(query),
        follow: query.get('follow') === 'true',
        timestamps: query.get('timestamps') === 'true',
        previous: query.get('previous') === 'true',
      },
      AbortSignal.any([signal, closed.signal]),
    );
    if (!lines && query.get('previous') === 'true')
      throw badRequest(`previous terminated container "${container}" in pod "${path.name ?? ''}" not found`);
    response.writeHead(200, { 'content-type': 'text/plain' });
    for await (const chunk of lines ?? []) {
      if (!response.write(chunk) && !closed.signal.aborted) await drained(response, closed.signal);
    }
    response.end();
  };
}

function numbers(query: URLSearchParams): { tailLines?: number; sinceSeconds?: number; limitBytes?: number } {
  const names = ['tailLines', 'sinceSeconds', 'limitBytes'] as const;
  return Object.fromEntries(
    names.flatMap((name) => (query.get(name) === null ? [] : [[name, Number(query.get(name))]])),
  );
}

function drained(response: NodeJS.EventEmitter, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', () => {
      resolve();
    });
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}
