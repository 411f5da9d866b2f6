import { holderBinding, holderSubjects, reviewSelf, roleBindings } from '../../pkg/apis/holder.ts';
import { fenceRefusalOf } from '../../pkg/apis/fence.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import type { Connection } from '../../pkg/client/connection.ts';
import { fixedCredentials } from '../../pkg/client/credentials.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { podResource } from './core-process.ts';
import { eventually } from './fleet.ts';

const account = 'kubevela-vela-core';

/** A process of the fleet as the API server sees it. */
export interface Writer {
  readonly client: KubeClient;
  readonly process: string;
}

/** Processes with the account of the controllers, and the record of holders that the fences judge by. */
export class FenceBed {
  readonly person: KubeClient;
  readonly #connection: Connection;
  readonly #clients: ClosableKubeClient[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
    this.person = this.#connect(connection);
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** A process with a token that names its pod. */
  async bound(name: string): Promise<Writer> {
    const spec = { serviceAccountName: account, containers: [{ name: 'c', image: 'pause' }] };
    const pod: KubeObject = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: systemNamespace },
      spec,
    };
    const { uid } = (await this.person.create(podResource, pod)).metadata;
    return this.#withToken({ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } });
  }

  /** A process outside the cluster: its token names no pod. */
  unbound(): Promise<Writer> {
    return this.#withToken({});
  }

  /** Records a process as the holder of a shard, and waits until the API server judges by that. */
  async hand(shard: string, process: string, epoch: number): Promise<void> {
    const lease = { name: `kubevela-${shard}`, namespace: systemNamespace };
    const subjects = holderSubjects(shard, process, epoch);
    const binding = holderBinding(lease, { [labels.shardId]: shard }, subjects);
    const before = await this.person
      .get(roleBindings, { name: binding.metadata.name ?? '', namespace: systemNamespace })
      .catch(() => undefined);
    await this.person.apply(roleBindings, binding, { fieldManager: 'test', force: true });
    const gone = ((before?.['subjects'] ?? []) as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => !subjects.includes(name));
    await eventually('the holder to be known', async () => {
      for (const subject of subjects) if (!(await this.#mayHold(subject))) throw new Error(`${subject} is not known`);
      for (const subject of gone) if (await this.#mayHold(subject)) throw new Error(`${subject} is still known`);
    });
  }

  async #withToken(spec: object): Promise<Writer> {
    const path = `/api/v1/namespaces/${systemNamespace}/serviceaccounts/${account}/token`;
    const { status } = await this.person.raw<{ status: { token: string } }>('POST', path, { spec });
    const credentials = fixedCredentials({ authorization: `Bearer ${status.token}` });
    const connection = this.#connection;
    const client = this.#connect({
      ...connection,
      tls: { ...connection.tls, cert: undefined, key: undefined },
      credentials,
    });
    const self = await reviewSelf(client, new AbortController().signal);
    return { client, process: self?.process ?? '' };
  }

  async #mayHold(subject: string): Promise<boolean> {
    const user = `system:serviceaccount:${systemNamespace}:${subject}`;
    const resourceAttributes = { namespace: systemNamespace, verb: 'hold', group: 'flotilla.dev', resource: 'shards' };
    const review = { spec: { user, resourceAttributes } };
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    return (await this.person.raw<{ status: { allowed: boolean } }>('POST', path, review)).status.allowed;
  }

  #connect(connection: Connection): KubeClient {
    const [clock, random] = [systemClock, systemRandom];
    const client = newKubeClient(connection, { qps: 0, burst: 0, userAgent: 'test', clock, random });
    this.#clients.push(client);
    return client;
  }
}

/** `done`, or the fence that refused. */
export async function outcomeOf(write: Promise<unknown>): Promise<string> {
  try {
    await write;
    return 'done';
  } catch (error) {
    const refusal = fenceRefusalOf(error);
    if (!refusal) throw error;
    return refusal.layer;
  }
}
