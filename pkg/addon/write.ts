import type { Application } from '../apis/application.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import type { KubeObject } from '../../machinery/src/meta.ts';
import type { RenderedAddon } from './render.ts';
import type { Applied, AppliedObject } from './store.ts';
import { applyAddonObject, ownerReference, removeObject, restoreObject } from './store.ts';

export interface WriteOptions {
  /** The addon's Application as it is now; absent when it is not enabled. */
  readonly before: Application | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: { readonly did: Applied; readonly object: KubeObject }) => void) | undefined;
}

/**
 * Writes the objects of an addon: its definitions, which the Application needs when it is admitted; the Application; and
 * what goes with it. They all belong to the Application. When one of them is refused, the definitions get back to what
 * they were, and an Application that was not there before is removed.
 */
export async function writeAddon(
  client: KubeClient,
  { application, definitions, auxiliaries }: RenderedAddon,
  options: WriteOptions,
): Promise<AppliedObject<Application>> {
  const writing = new AddonWriting(client, options);
  try {
    const { before } = options;
    for (const definition of definitions) await writing.apply(before ? owned(definition, before) : definition);
    const applied = await writing.apply(application);
    if (!before) for (const one of definitions) await writing.adopt(owned(one, applied.object));
    for (const one of auxiliaries) await writing.apply(owned(one, applied.object));
    return applied;
  } catch (error) {
    await writing.undo();
    throw error;
  }
}

class AddonWriting {
  readonly #client: KubeClient;
  readonly #options: WriteOptions;
  readonly #written: AppliedObject<KubeObject>[] = [];

  constructor(client: KubeClient, options: WriteOptions) {
    this.#client = client;
    this.#options = options;
  }

  async apply<T extends KubeObject>(object: T): Promise<AppliedObject<T>> {
    const applied = await applyAddonObject(this.#client, object, this.#options.signal);
    this.#written.push(applied);
    this.#options.onProgress?.(applied);
    return applied;
  }

  /** Gives a definition its owner; that is no change to report. */
  async adopt(definition: KubeObject): Promise<void> {
    await applyAddonObject(this.#client, definition, this.#options.signal);
  }

  /**
   * Takes the last object first, without the signal, which may be the reason. A failure is not reported: the user needs
   * the first one, and a definition that stays is taken over by the next attempt.
   */
  async undo(): Promise<void> {
    for (const { did, object, before } of this.#written.toReversed()) {
      if (did === 'created') await removeObject(this.#client, object).catch(() => undefined);
      else if (did === 'configured' && before) await restoreObject(this.#client, before).catch(() => undefined);
    }
  }
}

/** Goes when the addon's Application goes. */
function owned(object: KubeObject, app: Application): KubeObject {
  return { ...object, metadata: { ...object.metadata, ownerReferences: [ownerReference(app)] } };
}
