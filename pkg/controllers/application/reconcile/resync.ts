import type { ApplicationDeps } from '../deps.ts';
import { parseDuration } from '../../../workflow/duration.ts';
import type { Prepared } from '../stages.ts';

const annotation = 'app.oam.dev/reconcile-interval';
const shortestMs = 10_000;

/** An Application is reconciled again after this time although nothing happened. */
export function resyncMs({ app }: Prepared, { options }: ApplicationDeps): number {
  const asked = parseDuration(app.metadata.annotations?.[annotation] ?? '');
  return asked !== undefined && asked >= shortestMs ? asked : options.resyncPeriodMs;
}
