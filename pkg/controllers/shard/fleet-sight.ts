import { ApiError, TransportError } from '../../apis/api-error.ts';
import type { KubeObject } from '../../apis/meta.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Logger } from '../../logging/logger.ts';
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

export interface LooksOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often to look when nothing happens. */
  readonly periodMs: number;
  /** What is not done when the API server fails, for the log. */
  readonly what: string;
}

/** Looks again and again, at once when something may have changed. What the API server cannot do now is tried later. */
export class Looks {
  readonly #options: LooksOptions;
  #nap = new AbortController();

  constructor(options: LooksOptions) {
    this.#options = options;
  }

  readonly wake = (): void => {
    this.#nap.abort();
  };

  async run(look: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, logger, periodMs, what } = this.#options;
    const onTrouble = (error: unknown): void => {
      logger.warn({ err: error }, `${what} not written, trying again`);
    };
    signal.addEventListener('abort', this.wake, { once: true });
    while (!signal.aborted) {
      this.#nap = new AbortController();
      await lookOnce(look, onTrouble, signal);
      await clock.sleep(periodMs, this.#nap.signal).catch(() => undefined);
    }
    signal.removeEventListener('abort', this.wake);
  }
}
