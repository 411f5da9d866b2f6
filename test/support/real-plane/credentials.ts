import { createPublicKey } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newClusterKeys } from '../../../devcluster/src/auth/pki.ts';
import type { ClusterKeys } from '../../../devcluster/src/auth/pki.ts';

/** The keys of one control plane as files in a folder. */
export interface Credentials {
  readonly keys: ClusterKeys;
  readonly caCert: string;
  readonly serverCert: string;
  readonly serverKey: string;
  /** Signs the tokens of ServiceAccounts. */
  readonly tokenKey: string;
  readonly tokenPublicKey: string;
}

export async function writeCredentials(folder: string): Promise<Credentials> {
  const keys = await newClusterKeys(Date.now());
  await mkdir(folder, { recursive: true });
  const write = async (name: string, content: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, content, { mode: 0o600 });
    return file;
  };
  const tokenPublicKey = createPublicKey(keys.tokenKey).export({ type: 'spki', format: 'pem' }).toString();
  return {
    keys,
    caCert: await write('ca.crt', keys.caCert),
    serverCert: await write('server.crt', keys.serverCert),
    serverKey: await write('server.key', keys.serverKey),
    tokenKey: await write('token.key', keys.tokenKey),
    tokenPublicKey: await write('token.pub', tokenPublicKey),
  };
}

/** A kubeconfig of the administrator. */
export function kubeconfigOf(server: string, { caCert, adminCert, adminKey }: ClusterKeys): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const user = { 'client-certificate-data': base64(adminCert), 'client-key-data': base64(adminKey) };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'real', cluster: { server, 'certificate-authority-data': base64(caCert) } }],
    users: [{ name: 'admin', user }],
    contexts: [{ name: 'real', context: { cluster: 'real', user: 'admin' } }],
    'current-context': 'real',
  });
}
