import { TransportError } from '../apis/api-error.ts';
import type { KubeClient, WriteGate } from '../apis/kube-client.ts';
import { minimumWriteMs } from '../safety/times.ts';

/** Throws NotHolder unless the gate lets a write through now. */
export function checkGate(gate: WriteGate, what: string): void {
  if (gate.mayWrite(minimumWriteMs)) return;
  throw new TransportError('NotHolder', `${what}: not sent, because this process does not hold the lease`);
}

/**
 * Returns the same client with a check of the gate immediately before each attempt to send a write.
 *
 * A refused write throws TransportError NotHolder and was never sent. Reads and watches pass freely.
 */
export function gated(client: KubeClient, gate: WriteGate): KubeClient {
  const guard = async <T>(what: string, write: () => Promise<T>): Promise<T> => {
    checkGate(gate, what);
    return write();
  };
  return {
    get: (resource, target, options) => client.get(resource, target, options),
    list: (resource, options) => client.list(resource, options),
    watch: (resource, options) => client.watch(resource, options),
    resourceFor: (apiVersion, kind) => client.resourceFor(apiVersion, kind),
    impersonate: (user) => gated(client.impersonate(user), gate),
    create: (resource, object, options) =>
      guard(`create ${resource.kind}`, () => client.create(resource, object, { ...options, gate })),
    update: (resource, object, options) =>
      guard(`update ${resource.kind}`, () => client.update(resource, object, { ...options, gate })),
    patch: (resource, target, patch, options) =>
      guard(`patch ${resource.kind}`, () => client.patch(resource, target, patch, { ...options, gate })),
    apply: (resource, object, options) =>
      guard(`apply ${resource.kind}`, () => client.apply(resource, object, { ...options, gate })),
    delete: (resource, target, options) =>
      guard(`delete ${resource.kind}`, () => client.delete(resource, target, { ...options, gate })),
    deleteCollection: (resource, options) =>
      guard(`delete ${resource.plural}`, () => client.deleteCollection(resource, { ...options, gate })),
    raw: (method, path, body, options) =>
      method === 'GET'
        ? client.raw(method, path, body, options)
        : guard(`${method} ${path}`, () => client.raw(method, path, body, { ...options, gate })),
  };
}
