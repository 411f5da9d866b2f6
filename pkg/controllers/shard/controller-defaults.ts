import type { ControllerOptions } from '../../reconcile/controller.ts';

/** Options of every controller that the leading master runs for the fleet. */
export const fleetControllerDefaults = {
  workers: 1,
  timeoutMs: 60_000,
  stopGraceMs: 5_000,
  backoff: { baseMs: 500, maxMs: 30_000 },
} as const satisfies Partial<ControllerOptions>;
