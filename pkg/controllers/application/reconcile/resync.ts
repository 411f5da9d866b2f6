import { parseDuration } from '../../../workflow/duration.ts';
import type { Session } from '../session.ts';

const annotation = 'app.oam.dev/reconcile-interval';
const shortestMs = 10_000;

/** After how long an Application is looked at again although nothing happened. */
export function resyncMs({ app, deps }: Session): number {
  const asked = parseDuration(app.metadata.annotations?.[annotation] ?? '');
  return asked !== undefined && asked >= shortestMs ? asked : deps.options.resyncPeriodMs;
}
