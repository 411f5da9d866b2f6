import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Resource } from '../../../machinery/src/meta.ts';
import { configMaps, secrets } from '../contract/builtin.ts';
import { valuesOf } from './environment.ts';
import type { EnvironmentSources } from './environment.ts';
import type { Container, Volume } from './pod.ts';
import { specOf } from './pod.ts';

/** Mount paths of a container and the folders of this machine that stand for them. */
export type Mounts = readonly { readonly mountPath: string; readonly folder: string }[];

/** Writes the ConfigMap, Secret and emptyDir volumes of a pod into its folder; other kinds of volumes are left out. */
export async function materialise(container: Container, sources: EnvironmentSources, folder: string): Promise<Mounts> {
  const volumes = specOf(sources.pod).volumes ?? [];
  const mounts: { mountPath: string; folder: string }[] = [];
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    const volume = volumes.find((candidate) => candidate.name === name);
    if (!volume || !(volume.configMap ?? volume.secret ?? volume.emptyDir)) continue;
    const at = join(folder, 'volumes', name);
    await mkdir(at, { recursive: true });
    for (const [key, value] of Object.entries(contentOf(volume, sources))) {
      await mkdir(dirname(join(at, key)), { recursive: true });
      await writeFile(join(at, key), value, { mode: 0o600 });
    }
    mounts.push({ mountPath, folder: at });
  }
  return mounts;
}

function contentOf({ configMap, secret }: Volume, sources: EnvironmentSources): Record<string, string> {
  const [resource, name, optional]: [Resource, string | undefined, boolean | undefined] = configMap
    ? [configMaps, configMap.name, configMap.optional]
    : [secrets, secret?.secretName, secret?.optional];
  return name === undefined ? {} : valuesOf(resource, name, optional ?? false, sources);
}

/** Puts the folders of this machine in the place of mount paths in an argument or a variable's value. */
export function relocate(text: string, mounts: Mounts): string {
  return mounts.reduce((all, { mountPath, folder }) => all.split(mountPath).join(folder), text);
}
