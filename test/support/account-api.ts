import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import type { Connection } from '../../pkg/client/connection.ts';
import { podResource } from './core-process.ts';
import { RawApi } from './raw-api.ts';
import type { RawAnswer } from './raw-api.ts';

const types = {
  json: 'application/json',
  merge: 'application/merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** Requests by a token of an account of the controllers, as a process that runs in a pod has it. */
export class AccountApi {
  readonly #api: RawApi;
  readonly #token: string;

  constructor({ server, tls }: Connection, token: string) {
    this.#api = new RawApi({ server, ca: Buffer.from(tls.ca ?? '') });
    this.#token = token;
  }

  /** Starts nothing: the pod exists and is what the token is bound to. */
  static async inPod(admin: KubeClient, connection: Connection, account: string, name: string): Promise<AccountApi> {
    const spec = { serviceAccountName: account, containers: [{ name: 'c', image: 'example.com/pause' }] };
    const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: systemNamespace }, spec };
    const { uid } = (await admin.create(podResource, pod)).metadata;
    const request = { spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } } };
    const path = `/api/v1/namespaces/${systemNamespace}/serviceaccounts/${account}/token`;
    const { status } = await admin.raw<{ status: { token: string } }>('POST', path, request);
    return new AccountApi(connection, status.token);
  }

  send(
    method: string,
    path: string,
    body?: unknown,
    options: {
      readonly type?: keyof typeof types | undefined;
      readonly headers?: Readonly<Record<string, string>> | undefined;
    } = {},
  ): Promise<RawAnswer> {
    const { type = 'json', headers = {} } = options;
    const credentials = { authorization: `Bearer ${this.#token}`, 'content-type': types[type] };
    return this.#api.send(method, path, body, { ...credentials, ...headers });
  }

  close(): Promise<void> {
    return this.#api.close();
  }
}
