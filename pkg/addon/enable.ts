import type { Application } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../apis/names.ts';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { editWorkflow } from '../workflow/edit.ts';
import { restartWorkflow } from '../workflow/operate.ts';
import type { Addon } from './addon.ts';
import { AddonError } from './addon-error.ts';
import { evaluateCue } from './cue.ts';
import { readParameters } from './parameters.ts';
import { renderAddon, withPublishVersion } from './render.ts';
import type { RenderedAddon } from './render.ts';
import { missingDependencies, missingRequirements } from './requirements.ts';
import { missingRights } from './rights.ts';
import { shardRemovals, shardsToEmpty } from './shards.ts';
import type { Applied } from './store.ts';
import { absentAs, isLeftOver, readApplication, storeArguments } from './store.ts';
import { waitUntilEnabled } from './wait.ts';
import { writeAddon } from './write.ts';

export type AddonProgress =
  | { readonly did: Applied | 'deleted'; readonly object: KubeObject }
  /** The Application as it is now, while it is waited for. */
  | { readonly waitingFor: Application }
  /** A sentence for the user. */
  | { readonly notice: string };

export interface EnableOptions {
  readonly clock: Clock;
  /** Of Flotilla, for messages about the addon's requirements. */
  readonly ownVersion: string;
  /** Until the addon runs. */
  readonly wait: boolean;
  /** Default 10 minutes. */
  readonly timeoutMs?: number | undefined;
  readonly skipVersionCheck?: boolean | undefined;
  /** Replace definitions that belong to something else. */
  readonly overrideDefinitions?: boolean | undefined;
  readonly onProgress?: ((progress: AddonProgress) => void) | undefined;
  /** Called before anything is written when the change removes shards, with one line for each; throws to refuse it. */
  readonly confirmRemovals?: ((plan: readonly string[]) => Promise<void>) | undefined;
}

export interface Enabled {
  readonly did: Applied;
  readonly application: Application;
}

/**
 * Enables an addon with the given arguments, or brings an enabled one to them. What is the same already, originals that
 * it copies included, is not written again. Throws AddonError with every problem before anything is written; when the
 * server refuses an object, what was written before is undone.
 */
export async function enableAddon(
  client: KubeClient,
  addon: Addon,
  args: JsonObject,
  options: EnableOptions & { readonly signal: AbortSignal },
): Promise<Enabled> {
  const { signal, onProgress } = options;
  const { rendered, notes } = await render(addon, args);
  await check(client, addon, rendered, options);
  for (const notice of rendered.warnings) onProgress?.({ notice });
  const referred = await referredObjects(client, rendered.application, signal);
  const application = withPublishVersion(rendered.application, referred);
  const before = await readApplication(client, addon.metadata.name, signal);
  const change = { before, after: application };
  const removals = options.confirmRemovals ? await shardRemovals(client, change, signal) : [];
  if (removals.length > 0) await options.confirmRemovals?.(removals);
  for (const notice of await shardsToEmpty(client, change, signal)) onProgress?.({ notice });
  const lacking = await missingRights(client, application, signal);
  if (lacking !== undefined) onProgress?.({ notice: `Warning: ${lacking}` });
  const { did, object } = await writeAddon(client, { ...rendered, application }, { before, signal, onProgress });
  if (did === 'unchanged' && hasFailed(object)) await restart(client, object, onProgress);
  await storeArguments(client, addon.metadata.name, { app: object, args }, signal);
  const running = options.wait ? await waitUntilEnabled(client, object, options) : object;
  if (notes !== undefined) onProgress?.({ notice: notes.trim() });
  return { did, application: running };
}

/** Whether the workflow has ended without success: nothing but a restart lets it go on. */
const hasFailed = ({ status }: Application): boolean =>
  status?.status === 'workflowFailed' || status?.status === 'workflowTerminated';

/** What made the workflow fail, such as a missing right, may have been mended since. */
async function restart(
  client: KubeClient,
  { metadata: { name = '', namespace } }: Application,
  onProgress: EnableOptions['onProgress'],
): Promise<void> {
  const { ok } = await editWorkflow(client, { name, namespace }, restartWorkflow);
  if (ok) onProgress?.({ notice: `Application ${name}: the workflow had failed and is restarted` });
}

async function render(
  addon: Addon,
  args: JsonObject,
): Promise<{ readonly rendered: RenderedAddon; readonly notes: string | undefined }> {
  const parameter = readParameters(addon, args);
  const cue = await evaluateCue(addon, parameter);
  return { rendered: renderAddon(addon, parameter, cue), notes: cue?.notes };
}

/** Returns the objects that enabling would write. */
export async function previewAddon(
  client: KubeClient | undefined,
  addon: Addon,
  args: JsonObject,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly KubeObject[]> {
  const { application, definitions, auxiliaries } = (await render(addon, args)).rendered;
  const referred = client ? await referredObjects(client, application, signal) : [];
  return [...definitions, withPublishVersion(application, referred), ...auxiliaries];
}

async function check(
  client: KubeClient,
  addon: Addon,
  { definitions }: RenderedAddon,
  options: EnableOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const { signal, ownVersion, skipVersionCheck, overrideDefinitions } = options;
  const requirements = skipVersionCheck ? [] : await missingRequirements(client, addon, ownVersion, signal);
  if (requirements.length > 0) throw new AddonError('Requirement', requirements);
  const dependencies = await missingDependencies(client, addon, signal);
  if (dependencies.length > 0) throw new AddonError('Dependency', dependencies);
  if (overrideDefinitions) return;
  const before = await readApplication(client, addon.metadata.name, signal);
  const conflicts = await definitionConflicts(client, definitions, before, signal);
  if (conflicts.length > 0) throw new AddonError('Conflict', conflicts);
}

/** Definitions that exist already and belong to something else. One without an owner is left over from an interruption. */
async function definitionConflicts(
  client: KubeClient,
  definitions: readonly KubeObject[],
  app: Application | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const sentences: string[] = [];
  for (const { apiVersion, kind, metadata } of definitions) {
    const { name = '', namespace } = metadata;
    const resource = await client.resourceFor(apiVersion, kind);
    const found = await client.get(resource, { name, namespace }, { signal }).catch(absentAs(undefined));
    if (!found) continue;
    const owner = found.metadata.ownerReferences?.find((reference) => reference.controller);
    const isOurs = owner ? owner.uid === app?.metadata.uid : isLeftOver(found);
    const belongs = owner ? `belongs to ${owner.kind} ${owner.name}` : 'has no owner';
    if (!isOurs) sentences.push(`${kind} ${name} exists already and ${belongs}; --override-definitions replaces it`);
  }
  return sentences;
}

/** The live objects that components of type ref-objects will copy; those that do not exist are left out. */
async function referredObjects(
  client: KubeClient,
  app: Application,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const references = app.spec.components
    .filter(({ type }) => type === 'ref-objects')
    .flatMap(({ properties }) => (properties?.['objects'] ?? []) as unknown as readonly Reference[]);
  const keys = new Map(references.map((reference) => [JSON.stringify(reference), reference]));
  const found = await Promise.all(
    [...keys.values()].map(async (reference) => {
      const known = kindOf(reference);
      if (!known || !reference.name) return undefined;
      const resource = await client.resourceFor(...known);
      const target = { name: reference.name, namespace: reference.namespace ?? systemNamespace };
      return client.get(resource, target, { signal }).catch(absentAs(undefined));
    }),
  );
  return found.filter((object) => object !== undefined);
}

interface Reference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly name?: string;
  readonly namespace?: string;
}

function kindOf({ apiVersion, kind, resource }: Reference): [string, string] | undefined {
  if (apiVersion && kind) return [apiVersion, kind];
  return /^deployments?$/.test(resource ?? '') ? ['apps/v1', 'Deployment'] : undefined;
}
