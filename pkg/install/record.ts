import { gunzipSync, gzipSync } from 'node:zlib';
import { isNotFound } from '../apis/api-error.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { Json, JsonObject, KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { dumpYaml } from '../render/yaml.ts';

/*
 * An installation keeps its values in the cluster as Helm keeps those of a release: one Secret for each revision, in
 * Helm's own format. `helm history kubevela -n vela-system` and `helm get values kubevela -n vela-system` read it, and an
 * installation by Helm hands its values over.
 */

const releaseName = 'kubevela';
const historyLimit = 10;
const secrets: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };

export type ReleaseStatus = 'pending-install' | 'pending-upgrade' | 'deployed' | 'superseded' | 'failed';

/** One revision of an installation, as far as it is read. */
export interface Release {
  readonly revision: number;
  readonly status: ReleaseStatus;
  /** The values that were given, without defaults. */
  readonly values: JsonObject;
  readonly chart: { readonly name: string; readonly version: string; readonly appVersion: string };
  /** Defaults of the chart, where the record has them. */
  readonly chartValues?: JsonObject | undefined;
  readonly description: string;
  readonly firstDeployed: string;
  readonly lastDeployed: string;
  readonly manifest: string;
}

interface Place {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly signal: AbortSignal;
}

/** Helm's JSON of a release. */
interface HelmRelease {
  readonly name: string;
  readonly namespace: string;
  readonly version: number;
  readonly info: {
    readonly first_deployed: string;
    readonly last_deployed: string;
    readonly deleted: string;
    readonly description: string;
    readonly status: ReleaseStatus;
  };
  readonly chart: {
    readonly metadata: JsonObject;
    readonly templates: readonly Json[];
    readonly values?: JsonObject;
  };
  readonly config: JsonObject;
  readonly manifest: string;
}

const secretName = (revision: number): string => `sh.helm.release.v1.${releaseName}.v${revision}`;

/** The revisions of the installation, the newest first; none where it keeps no record. */
export async function releaseHistory({ client, namespace, signal }: Place): Promise<readonly Release[]> {
  const labelSelector = `owner=helm,name=${releaseName}`;
  const { items } = await client.list<KubeObject>(secrets, { namespace, labelSelector, signal });
  return items.flatMap(readRelease).sort((a, b) => b.revision - a.revision);
}

/** The newest revision, whatever became of it: its values are what the cluster was brought to last. */
export async function latestRelease(place: Place): Promise<Release | undefined> {
  return (await releaseHistory(place))[0];
}

export interface NewRelease {
  readonly values: JsonObject;
  readonly version: string;
  /** KubeVela's version that the installation stands for. */
  readonly appVersion: string;
  readonly objects: readonly KubeObject[];
  readonly clock: Clock;
}

/**
 * Records a revision before its objects are applied; `end` says what became of it. Undefined when the newest revision is
 * deployed and says the same: then nothing is written.
 */
export async function beginRelease(
  place: Place,
  release: NewRelease,
): Promise<{ readonly revision: number; end(status: 'deployed' | 'failed', why: string): Promise<void> } | undefined> {
  const history = await releaseHistory(place);
  const [before] = history;
  const manifest = manifestOf(release.objects);
  if (before?.status === 'deployed' && isSame(before, release, manifest)) return undefined;
  const now = new Date(release.clock.now()).toISOString();
  const revision = (before?.revision ?? 0) + 1;
  const pending: Release = {
    revision,
    status: before ? 'pending-upgrade' : 'pending-install',
    values: release.values,
    chart: { name: 'vela-core', version: release.version, appVersion: release.appVersion },
    description: before ? 'Upgrade pending' : 'Install pending',
    firstDeployed: before?.firstDeployed ?? now,
    lastDeployed: now,
    manifest,
  };
  await write(place, pending, 'create');
  const end = async (status: 'deployed' | 'failed', why: string): Promise<void> => {
    await write(place, { ...pending, status, description: why }, 'update');
    if (status === 'failed') return;
    for (const old of history.filter((one) => one.status === 'deployed'))
      await write(place, { ...old, status: 'superseded' }, 'update');
    for (const old of history.slice(historyLimit - 1)) await remove(place, old.revision);
  };
  return { revision, end };
}

/** Removes every revision: the installation is gone. */
export async function removeReleases(place: Place): Promise<void> {
  for (const { revision } of await releaseHistory(place)) await remove(place, revision);
}

function isSame(before: Release, { values, version }: NewRelease, manifest: string): boolean {
  return (
    before.chart.version === version &&
    before.manifest === manifest &&
    JSON.stringify(before.values) === JSON.stringify(values)
  );
}

/** Without CRDs, as Helm has it: removing a release must not remove the kinds of what people wrote. */
function manifestOf(objects: readonly KubeObject[]): string {
  const parts = objects.filter(({ kind }) => kind !== 'CustomResourceDefinition' && kind !== 'Namespace');
  return parts.map((object) => `---\n${dumpYaml(object)}`).join('');
}

function readRelease({ data }: KubeObject & { readonly data?: { readonly release?: string } }): Release[] {
  try {
    const packed = Buffer.from(Buffer.from(data?.release ?? '', 'base64').toString('latin1'), 'base64');
    const { version, info, chart, config, manifest } = JSON.parse(gunzipSync(packed).toString('utf8')) as HelmRelease;
    const { name, version: chartVersion, appVersion } = chart.metadata as Record<string, string>;
    return [
      {
        revision: version,
        status: info.status,
        values: config,
        chart: { name: name ?? '', version: chartVersion ?? '', appVersion: appVersion ?? '' },
        chartValues: chart.values,
        description: info.description,
        firstDeployed: info.first_deployed,
        lastDeployed: info.last_deployed,
        manifest,
      },
    ];
  } catch {
    return [];
  }
}

async function write({ client, namespace, signal }: Place, release: Release, how: 'create' | 'update'): Promise<void> {
  const { revision, status, values, chart, manifest } = release;
  const helm: HelmRelease = {
    name: releaseName,
    namespace,
    version: revision,
    info: {
      first_deployed: release.firstDeployed,
      last_deployed: release.lastDeployed,
      deleted: '',
      description: release.description,
      status,
    },
    chart: { metadata: { apiVersion: 'v2', ...chart }, templates: [], values: {} },
    config: values,
    manifest,
  };
  const packed = gzipSync(JSON.stringify(helm)).toString('base64');
  const name = secretName(revision);
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels: { name: releaseName, owner: 'helm', status, version: String(revision) },
    },
    type: 'helm.sh/release.v1',
    data: { release: Buffer.from(packed, 'latin1').toString('base64') },
  };
  if (how === 'create') await client.create(secrets, secret, { signal });
  else await client.patch(secrets, { name, namespace }, { type: 'merge', body: secret }, { signal });
}

async function remove({ client, namespace, signal }: Place, revision: number): Promise<void> {
  await client.delete(secrets, { name: secretName(revision), namespace }, { signal }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}
