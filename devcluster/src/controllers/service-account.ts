import { keyOf, splitKey } from '../../../machinery/src/meta.ts';
import { configMaps, namespaces, serviceAccounts } from '../contract/builtin.ts';
import { callerOf } from './context.ts';
import type { ControllerContext } from './context.ts';
import { Loop } from './loop.ts';

const caller = callerOf('service-account-controller');
const rootCa = 'kube-root-ca.crt';

/** Gives every namespace its `default` ServiceAccount and the certificate of the cluster's authority. */
export function startServiceAccounts(context: ControllerContext, signal: AbortSignal): void {
  const { api, clock, logger, caPem } = context;
  const reconcile = async (name: string): Promise<undefined> => {
    const namespace = api.get(namespaces, undefined, name);
    if (!namespace || namespace.metadata.deletionTimestamp) return;
    if (!api.get(serviceAccounts, name, 'default')) {
      await api.create(caller, serviceAccounts, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace: name },
      });
    }
    const present = api.get(configMaps, name, rootCa);
    const data = { 'ca.crt': caPem };
    if (!present) {
      const annotations = {
        'kubernetes.io/description': "Holds the certificate of the authority that signed the API server's certificate.",
      };
      await api.create(caller, configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: rootCa, namespace: name, annotations },
        data,
      });
    } else if ((present['data'] as Record<string, string> | undefined)?.['ca.crt'] !== caPem) {
      await api.mergePatch(caller, configMaps, { namespace: name, name: rootCa }, { data });
    }
  };
  const loop = new Loop({ name: 'service-account', clock, logger, reconcile });
  api.subscribe(
    namespaces,
    {},
    ({ object }) => {
      loop.add(keyOf(object));
    },
    signal,
  );
  for (const [resource, name] of [
    [serviceAccounts, 'default'],
    [configMaps, rootCa],
  ] as const) {
    api.subscribe(
      resource,
      {},
      ({ type, object }) => {
        if (object.metadata.name === name && type !== 'ADDED') loop.add(splitKey(keyOf(object)).namespace ?? '');
      },
      signal,
    );
  }
  loop.start(signal);
}
