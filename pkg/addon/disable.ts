import type { Application } from '../apis/application.ts';
import { applicationResource } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import { labels } from '../apis/names.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { AddonError } from './addon-error.ts';
import type { AddonProgress } from './enable.ts';
import { definitionNames, readApplicationUses } from './uses.ts';
import { shardRemovals, shardsToEmpty } from './shards.ts';
import { readApplication } from './store.ts';

export interface DisableOptions {
  readonly clock: Clock;
  readonly wait: boolean;
  /** Go on although Applications use its definitions. */
  readonly force?: boolean | undefined;
  /** Default 5 minutes. */
  readonly timeoutMs?: number | undefined;
  readonly onProgress?: ((progress: AddonProgress) => void) | undefined;
  /** As for `enableAddon`. */
  readonly confirmRemovals?: ((plan: readonly string[]) => Promise<void>) | undefined;
}

/**
 * Disables an addon: deletes its Application, and with it all that it delivered. Refuses while its definitions are in
 * use; Applications of shards that it brought are moved to the master before those go.
 */
export async function disableAddon(
  client: KubeClient,
  name: string,
  options: DisableOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const { signal, force, onProgress } = options;
  const app = await readApplication(client, name, signal);
  if (!app) throw new AddonError('NotEnabled', [`addon ${name} is not enabled`]);
  if (!force) await checkUnused(client, name, app, signal);
  const change = { before: app, after: undefined };
  const removals = options.confirmRemovals ? await shardRemovals(client, change, signal) : [];
  if (removals.length > 0) await options.confirmRemovals?.(removals);
  for (const notice of await shardsToEmpty(client, change, signal)) onProgress?.({ notice });
  const target = { name: app.metadata.name ?? '', namespace: app.metadata.namespace };
  await client.delete(applicationResource, target, { propagationPolicy: 'Background', signal });
  onProgress?.({ did: 'deleted', object: app });
  if (options.wait) await untilGone(client, name, options);
}

async function checkUnused(client: KubeClient, name: string, app: Application, signal: AbortSignal): Promise<void> {
  const names = definitionNames(app);
  if (names.size === 0) return;
  const uses = await readApplicationUses(client, names, signal);
  const others = uses.filter((used) => used.metadata.labels?.[labels.addonName] !== name);
  if (others.length === 0) return;
  const first = others.slice(0, 3).map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`);
  throw new AddonError('InUse', [
    `addon ${name}: ${others.length} applications use its definitions (${first.join(', ')}); change or delete them, or force it`,
  ]);
}

async function untilGone(
  client: KubeClient,
  name: string,
  { clock, signal, timeoutMs = 300_000, onProgress }: DisableOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const deadline = clock.monotonic() + timeoutMs;
  for (let app = await readApplication(client, name, signal); app; app = await readApplication(client, name, signal)) {
    const message = app.status?.conditions?.find((condition) => condition.status === 'False')?.message;
    if (clock.monotonic() > deadline)
      throw new AddonError('NotReady', [`addon ${name} is not gone yet${message === undefined ? '' : `: ${message}`}`]);
    onProgress?.({ waitingFor: app });
    await clock.sleep(200, signal);
  }
}
