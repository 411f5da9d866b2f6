// Any client works with the embedded cluster; this one is @kubernetes/client-node:
//   vela dev up --port 0 --kubeconfig kubeconfig & ... KUBECONFIG=kubeconfig node config-maps.mjs
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';

const config = new KubeConfig();
config.loadFromDefault();
const api = config.makeApiClient(CoreV1Api);
await api.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'mine' }, data: { a: 'b' } } });
const { data } = await api.readNamespacedConfigMap({ namespace: 'default', name: 'mine' });
console.log(JSON.stringify(data));
