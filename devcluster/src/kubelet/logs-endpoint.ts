import { badRequest, notFound } from '../contract/errors.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { SpecialHandler } from '../apiserver/handler.ts';
import type { ClusterApi } from '../contract/cluster-api.ts';
import { pods } from '../contract/builtin.ts';
import type { Kubelet } from './kubelet.ts';
import type { LogQuery } from './log-buffer.ts';
import { specOf } from './pod.ts';

/** `pods/log`: the output of a container, followed if asked. Simulated pods have none to show. */
export function logHandler(api: ClusterApi, kubelet: Kubelet): SpecialHandler {
  return async ({ path, query, response, signal }) => {
    const name = path.name ?? '';
    const pod = api.get(pods, path.namespace, name);
    if (!pod) throw notFound(pods, name);
    const container = containerOf(pod, query.get('container'));
    const closed = new AbortController();
    response.once('close', () => {
      closed.abort();
    });
    const wants = logQuery(query);
    const lines = kubelet.logs(pod, container, wants, AbortSignal.any([signal, closed.signal]));
    if (!lines && wants.previous)
      throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
    response.writeHead(200, { 'content-type': 'text/plain' });
    for await (const chunk of lines ?? []) {
      if (!response.write(chunk) && !closed.signal.aborted) await drained(response, closed.signal);
    }
    response.end();
  };
}

/** The container that is meant; a pod with several needs its name. */
function containerOf(pod: KubeObject, asked: string | null): string {
  const { name = '' } = pod.metadata;
  const containers = specOf(pod).containers.map((container) => container.name);
  if (asked === null && containers.length > 1) {
    throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]`);
  }
  const container = asked ?? containers[0] ?? '';
  if (!containers.includes(container)) throw badRequest(`container ${container} is not valid for pod ${name}`);
  return container;
}

function logQuery(query: URLSearchParams): LogQuery & { readonly previous: boolean } {
  const isSet = (name: string): boolean => query.get(name) === 'true';
  return { ...numbers(query), follow: isSet('follow'), timestamps: isSet('timestamps'), previous: isSet('previous') };
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
