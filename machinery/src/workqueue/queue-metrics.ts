/** The reports of a queue; durations are in milliseconds. */
export interface QueueMetrics {
  added(depth: number): void;
  retried(): void;
  started(waitedMs: number, depth: number): void;
  finished(workedMs: number): void;
  depth(depth: number): void;
}

export const silentMetrics: QueueMetrics = {
  added: () => undefined,
  retried: () => undefined,
  started: () => undefined,
  finished: () => undefined,
  depth: () => undefined,
};
