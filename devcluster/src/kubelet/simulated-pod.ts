import type { KubeObject } from '../../../machinery/src/meta.ts';
import { timestamp } from '../controllers/context.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import { specOf } from './pod.ts';
import type { ContainerView } from './pod-status.ts';

/** Annotation that says how a simulated pod that ends shall end. */
const exitCodeAnnotation = 'dev.flotilla/exit-code';

/**
 * Pretends that an image runs: the pod is running and ready at once; the delay came before it was bound. A pod that is
 * meant to end (its restartPolicy is not Always) ends after the delay, with the exit code of its annotation, or 0.
 */
export async function simulate(
  pod: KubeObject,
  host: { readonly options: KubeletOptions; readonly update: (container: string, view: ContainerView) => void },
  signal: AbortSignal,
): Promise<void> {
  const { clock, readyDelayMs } = host.options;
  const spec = specOf(pod);
  const isReady = (pod['status'] as { phase?: string } | undefined)?.phase === 'Running';
  const startedAt = timestamp(clock);
  const base = { restartCount: 0, containerID: `simulated://${pod.metadata.uid ?? ''}`, last: undefined };
  if (!isReady)
    for (const { name } of spec.containers)
      host.update(name, { ...base, state: { is: 'running', startedAt }, ready: true, started: true });
  if ((spec.restartPolicy ?? 'Always') === 'Always') return;
  await clock.sleep(readyDelayMs, signal).catch(() => undefined);
  if (signal.aborted) return;
  const exitCode = Number(pod.metadata.annotations?.[exitCodeAnnotation] ?? 0);
  const end = {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt,
    finishedAt: timestamp(clock),
    containerID: base.containerID,
  };
  for (const { name } of spec.containers)
    host.update(name, { ...base, state: { is: 'terminated', end }, ready: false, started: false });
}
