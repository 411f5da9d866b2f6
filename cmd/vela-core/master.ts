import type { Base, Extras } from './base.ts';
import { newDefinitionExtras } from './definitions.ts';
import { newScheduling } from './scheduling.ts';

/** Parts of the master, and of a controller without shards, beside the application controller. */
export async function newMasterExtras(base: Base): Promise<Extras> {
  const { sharding, webhook } = base.config;
  const scheduling = sharding && newScheduling(base, sharding);
  const parts: Extras[] = [newDefinitionExtras(base), ...(scheduling ? [scheduling.extras] : [])];
  if (webhook) {
    const { newWebhookExtras } = await import('./webhooks.ts');
    parts.push(newWebhookExtras(base, webhook, scheduling));
  }
  return {
    always: parts.flatMap((part) => part.always),
    whileLeading: parts.flatMap((part) => part.whileLeading),
    checks: Object.fromEntries(parts.flatMap((part) => Object.entries(part.checks))),
  };
}
