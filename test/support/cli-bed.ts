import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDevCluster } from '../../devcluster/src/dev-cluster.ts';
import type { AuditEvent } from '../../devcluster/src/audit.ts';
import { systemClock, systemRandom } from '../../machinery/src/clock/system.ts';
import { silentLogger } from '../../machinery/src/logging/logger.ts';
import type { Json, KubeObject, Resource } from '../../machinery/src/meta.ts';
import { customResourceDefinition } from '../../pkg/apis/custom-kind.ts';
import { customKinds } from '../../pkg/apis/custom-kinds.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { newKubeClient } from '../../pkg/client/http-client.ts';
import type { ClosableKubeClient } from '../../pkg/client/http-client.ts';
import { createNamespace } from './applications.ts';
import { eventually } from './fleet.ts';
import { runVela } from './vela.ts';
import type { Ended, Surroundings } from './vela.ts';

const crdResource: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

const accountResource: Resource = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
};

/**
 * A Kubernetes API with the kinds of the system, and commands that run in this process against it. It has no
 * controllers: objects stay as tests write them.
 */
export class CliBed {
  readonly client: ClosableKubeClient;
  readonly kubeconfig: string;
  readonly folder: string;
  readonly #stop: () => Promise<void>;
  readonly #audit: AuditEvent[];

  private constructor(
    parts: Pick<CliBed, 'client' | 'kubeconfig' | 'folder'>,
    audit: AuditEvent[],
    stop: () => Promise<void>,
  ) {
    this.client = parts.client;
    this.kubeconfig = parts.kubeconfig;
    this.folder = parts.folder;
    this.#audit = audit;
    this.#stop = stop;
  }

  /** `namespaces` exist beside those of the system. Without `kinds`, those of the system are not served. */
  static async start({
    namespaces = [],
    kinds = true,
  }: { namespaces?: readonly string[]; kinds?: boolean } = {}): Promise<CliBed> {
    const audit: AuditEvent[] = [];
    const common = { clock: systemClock, random: systemRandom };
    const cluster = await startDevCluster({
      ...common,
      logger: silentLogger(),
      hasControllers: false,
      onAudit: (event) => audit.push(event),
    });
    const folder = await mkdtemp(join(tmpdir(), 'vela-'));
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, cluster.kubeconfig());
    const connection = await loadConnection({ kubeconfig, env: {} });
    const client = newKubeClient(connection, { ...common, qps: 1000, burst: 2000, userAgent: 'test' });
    const stop = async (): Promise<void> => {
      await client.close();
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    };
    const bed = new CliBed({ client, kubeconfig, folder }, audit, stop);
    for (const name of [systemNamespace, ...namespaces]) await bed.#addNamespace(name);
    if (kinds) await bed.#serveKinds();
    return bed;
  }

  /** Runs `vela ARGS` against the API. */
  vela(args: readonly string[], around: Surroundings = {}): Promise<Ended> {
    return runVela(args, { ...around, env: { KUBECONFIG: this.kubeconfig, ...around.env } });
  }

  /** The same with the requests that it made, as `verb resource` or `verb resource/subresource`. */
  async requestsOf(
    args: readonly string[],
    around: Surroundings = {},
  ): Promise<Ended & { readonly requests: readonly string[] }> {
    const before = this.#audit.length;
    const ended = await this.vela(args, around);
    const mine = this.#audit.slice(before).filter(({ userAgent }) => userAgent === 'vela');
    return { ...ended, requests: mine.map(nameOf) };
  }

  /** Creates an object with its status. */
  async put<T extends KubeObject>(resource: Resource, object: T): Promise<T> {
    const created = await this.client.create(resource, object);
    const status = object['status'];
    if (status === undefined) return created;
    return this.setStatus<T>(resource, object, status as Json);
  }

  setStatus<T extends KubeObject>(resource: Resource, { metadata }: KubeObject, status: Json): Promise<T> {
    const target = { name: metadata.name ?? '', namespace: metadata.namespace };
    return this.client.patch<T>(resource, target, { type: 'merge', body: { status } }, { subresource: 'status' });
  }

  /** Writes a file into the folder of the bed and returns its path. */
  async file(name: string, content: string | object): Promise<string> {
    const path = join(this.folder, name);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  /** With the account that pods have without saying so. */
  async #addNamespace(name: string): Promise<void> {
    await createNamespace(this.client, name);
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } };
    await this.client.create(accountResource, account);
  }

  async #serveKinds(): Promise<void> {
    await Promise.all(
      customKinds.map((kind) => this.client.create(crdResource, customResourceDefinition(kind) as KubeObject)),
    );
    await eventually('the kinds to be served', async () => {
      await Promise.all(customKinds.map(({ resource }) => this.client.list(resource)));
    });
  }
}

const nameOf = ({ verb, objectRef, requestURI }: AuditEvent): string => {
  if (!objectRef?.resource) return `${verb} ${requestURI.split('?', 1)[0] ?? ''}`;
  return `${verb} ${objectRef.resource}${objectRef.subresource ? `/${objectRef.subresource}` : ''}`;
};
