import { applicationsOf } from './kubevela.ts';
import type { AuditEvent, TestCluster } from '../support/fleet.ts';
import type { JudgedKinds } from '../support/real-plane/audit-policy.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';

export const parts = ['first', 'second', 'third'] as const;

export async function allApplications(): Promise<readonly KubeObject[]> {
  return (await Promise.all(parts.map(applicationsOf))).flat();
}

export async function recordedApplication(name: string): Promise<KubeObject> {
  const found = (await allApplications()).find(({ metadata }) => metadata.name === name);
  if (!found) throw new Error(`no Application ${name} was recorded`);
  return found;
}

/** Kinds that the recorded Applications deliver. */
const delivered: readonly (string | undefined)[] = ['configmaps', 'deployments', 'ingresses', 'secrets', 'services'];
/** For the audit log of a real API server: to see whether a write changed anything, its answer is needed. */
export const judgedKinds: readonly JudgedKinds[] = [
  { group: '', resources: ['configmaps', 'secrets', 'services'], namespaces: ['market'] },
  { group: 'apps', resources: ['deployments'], namespaces: ['market'] },
  { group: 'networking.k8s.io', resources: ['ingresses'], namespaces: ['market'] },
];
const verbs: readonly string[] = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** Reads the writes in the audit log of a cluster. */
export class Writes {
  readonly #cluster: TestCluster;
  readonly #namespace: string;
  #seen = 0;

  constructor(cluster: TestCluster, namespace: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
  }

  /** Counts from here. */
  async mark(): Promise<void> {
    this.#seen = (await this.#cluster.audit()).length;
  }

  /** Requests to write delivered objects that do not come from the controllers of the cluster; without dry runs. */
  async delivered(): Promise<readonly string[]> {
    const found = (await this.#all()).filter((event) => this.#isDelivered(event));
    return found.map(textOf);
  }

  /** The delivered objects that were changed, as `verb resource name`, each once. */
  async changed(): Promise<readonly string[]> {
    const all = await this.#cluster.audit();
    /** By object: its version after the last write. */
    const versions = new Map<string, string>();
    const texts = new Set<string>();
    for (const [i, event] of all.entries()) {
      const { objectRef: of, annotations, responseObject } = event;
      const id = `${of?.resource ?? ''} ${of?.namespace ?? ''}/${of?.name ?? ''}`;
      const version = responseObject?.metadata?.resourceVersion;
      // the embedded API says by its annotations that an object was changed
      const isChanged = version === undefined ? annotations !== undefined : versions.get(id) !== version;
      if (version !== undefined) versions.set(id, version);
      if (i >= this.#seen && isChanged && isWrite(event) && this.#isDelivered(event)) texts.add(textOf(event));
    }
    return [...texts].sort();
  }

  #isDelivered({ objectRef: of }: AuditEvent): boolean {
    return (
      of?.namespace === this.#namespace &&
      delivered.includes(of.resource) &&
      !/^workflow-.*-context$/.test(of.name ?? '')
    );
  }

  /** All of them, as `verb resource name`. */
  async of(resource: string): Promise<readonly string[]> {
    return (await this.#all()).filter(({ objectRef: of }) => of?.resource === resource).map(textOf);
  }

  async #all(): Promise<readonly AuditEvent[]> {
    const all = await this.#cluster.audit();
    return all.slice(this.#seen).filter(isWrite);
  }
}

const isWrite = ({ verb, userAgent = '', requestURI = '', responseStatus }: AuditEvent): boolean =>
  verbs.includes(verb) &&
  responseStatus.code < 400 &&
  !requestURI.includes('dryRun=') &&
  !/^(kube-|kubelet|test|vela-core-audit)/.test(userAgent);

const textOf = ({ verb, objectRef: of }: AuditEvent): string => `${verb} ${of?.resource ?? ''} ${of?.name ?? ''}`;
