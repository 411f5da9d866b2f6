import { applicationsOf } from './kubevela.ts';
import type { AuditEvent, TestCluster } from '../support/fleet.ts';
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
    const found = (await this.#all()).filter(
      ({ objectRef: of }) =>
        of?.namespace === this.#namespace &&
        delivered.includes(of.resource) &&
        !/^workflow-.*-context$/.test(of.name ?? ''),
    );
    return found.map(textOf);
  }

  /** The delivered objects that were changed, as `verb resource name`, each once. */
  async changed(): Promise<readonly string[]> {
    const since = await this.#all();
    const own = since.filter(
      ({ objectRef: of, annotations }) =>
        annotations !== undefined &&
        of?.namespace === this.#namespace &&
        delivered.includes(of.resource) &&
        !/^workflow-.*-context$/.test(of.name ?? ''),
    );
    return [...new Set(own.map(textOf))].sort();
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
