import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { ClusterApi } from '../../../devcluster/src/contract/cluster-api.ts';
import { pods } from '../../../devcluster/src/contract/builtin.ts';
import type { Kubelet } from '../../../devcluster/src/kubelet/kubelet.ts';

interface Status {
  readonly containerStatuses?: readonly { readonly name: string; readonly containerID?: string }[];
}

/** Writes what every process prints to POD.log in a folder: an API server without a kubelet's address cannot ask for it. */
export function saveLogs(api: ClusterApi, kubelet: Kubelet, folder: string, signal: AbortSignal): void {
  mkdirSync(folder, { recursive: true });
  const saved = new Set<string>();
  const save = async (pod: KubeObject, container: string): Promise<void> => {
    const file = createWriteStream(join(folder, `${pod.metadata.name ?? ''}.log`), { flags: 'a' });
    for await (const chunk of kubelet.logs(pod, container, { follow: true }, signal) ?? []) file.write(chunk);
    file.end();
  };
  const observe = ({ object }: { readonly object: KubeObject }): void => {
    const { containerStatuses = [] } = (object['status'] ?? {}) as Status;
    for (const { name, containerID = '' } of containerStatuses) {
      const run = `${object.metadata.uid ?? ''}/${containerID}`;
      if (!containerID.startsWith('process:') || saved.has(run)) continue;
      saved.add(run);
      void save(object, name);
    }
  };
  api.subscribe(pods, {}, observe, signal);
}
