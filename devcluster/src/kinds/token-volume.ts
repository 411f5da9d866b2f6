import type { Random } from '../../../machinery/src/clock/clock.ts';

export const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount';

const characters = 'bcdfghjklmnpqrstvwxz2456789';
const mode = 0o644;
const lifetime = 3607;

/** The volume with a pod's token, the cluster's certificates and its namespace, as the recorded server adds it. */
export function tokenVolume(random: Random): { readonly name: string; readonly projected: object } {
  let suffix = '';
  for (let i = 0; i < 5; i++) suffix += characters[Math.floor(random() * characters.length)] ?? 'x';
  const bundle = (name: string, file: string) => ({ configMap: { name, items: [{ key: file, path: file }] } });
  const namespace = { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } };
  return {
    name: `kube-api-access-${suffix}`,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: lifetime, path: 'token' } },
        bundle('kube-root-ca.crt', 'ca.crt'),
        { downwardAPI: { items: [namespace] } },
        bundle('openshift-service-ca.crt', 'service-ca.crt'),
      ],
      defaultMode: mode,
    },
  };
}
