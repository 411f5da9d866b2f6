import { ApiError, TransportError } from '../../apis/api-error.ts';
import type { KubeObject } from '../../apis/meta.ts';
import type { ShardView } from '../../scheduling/shards.ts';

/** What those who move Applications need of the view of the fleet. */
export interface FleetSight {
  readonly synced: boolean;
  whenSynced(signal: AbortSignal): Promise<void>;
  shards(): readonly ShardView[];
}

/** Tells people. */
export interface EventSink {
  event(object: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** Runs one look; what the API server cannot do now is told to `onTrouble`, and the next look tries again. */
export async function lookOnce<T>(
  look: () => Promise<T>,
  onTrouble: (error: unknown) => void,
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!(error instanceof ApiError) && !(error instanceof TransportError)) throw error;
    onTrouble(error);
    return undefined;
  }
}

export { PeriodicTask as Looks } from '../../reconcile/periodic-task.ts';
