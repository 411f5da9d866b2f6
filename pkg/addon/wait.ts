import type { Application } from '../apis/application.ts';
import { applicationResource } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import { annotations } from '../apis/names.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { AddonError } from './addon-error.ts';

export interface Waiting {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number | undefined;
  readonly onProgress?: ((progress: { readonly waitingFor: Application }) => void) | undefined;
}

/** Waits until the Application runs in the version that was published. Throws Failed at once when it has failed for good. */
export async function waitUntilEnabled(client: KubeClient, app: Application, waiting: Waiting): Promise<Application> {
  const { clock, signal, timeoutMs = 600_000, onProgress } = waiting;
  const { name = '', namespace } = app.metadata;
  const version = app.metadata.annotations?.[annotations.publishVersion];
  const deadline = clock.monotonic() + timeoutMs;
  for (;;) {
    const now = await client.get<Application>(applicationResource, { name, namespace }, { signal });
    const phase = currentPhase(now, version);
    if (phase === 'running') return now;
    if (phase === 'workflowFailed' || phase === 'workflowTerminated')
      throw new AddonError('Failed', [`application ${namespace ?? ''}/${name} failed: ${reasonOf(now)}`]);
    if (clock.monotonic() > deadline)
      throw new AddonError('NotReady', [`application ${namespace ?? ''}/${name} does not run yet: ${reasonOf(now)}`]);
    onProgress?.({ waitingFor: now });
    await clock.sleep(300, signal);
  }
}

/** The phase, when it speaks of the given version. */
function currentPhase({ metadata, status }: Application, version: string | undefined): string | undefined {
  const isSeen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return isSeen && status?.workflow?.appRevision === version ? status?.status : undefined;
}

function reasonOf({ status }: Application): string {
  const bad = status?.conditions?.find((condition) => condition.status === 'False');
  const unhealthy = status?.services?.find((service) => !service.healthy);
  return bad?.message ?? unhealthy?.message ?? `phase ${status?.status ?? 'unknown'}`;
}
