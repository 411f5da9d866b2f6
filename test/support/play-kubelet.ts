import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { systemClock } from '../../machinery/src/clock/system.ts';
import { podResource } from './core-process.ts';

/** Marks every pod as running and ready, which is all that Deployments and shard discovery ask for. */
export async function playKubelet(client: KubeClient, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const pods = await client.list(podResource, { signal });
      for (const pod of pods.items.filter(
        (p) => (p['status'] as { phase?: string } | undefined)?.phase !== 'Running' && !p.metadata.deletionTimestamp,
      )) {
        const { name = '', namespace } = pod.metadata;
        const conditions = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
          type,
          status: 'True',
        }));
        await client.patch(
          podResource,
          { name, namespace },
          { type: 'merge', body: { status: { phase: 'Running', conditions } } },
          { subresource: 'status' },
        );
      }
      for (const pod of pods.items.filter((p) => p.metadata.deletionTimestamp)) {
        await client.delete(
          podResource,
          { name: pod.metadata.name ?? '', namespace: pod.metadata.namespace },
          { gracePeriodSeconds: 0 },
        );
      }
    } catch {
      // The next round tries again: pods come and go under it.
    }
    await systemClock.sleep(200);
  }
}
