import type { Application } from '../../../apis/application.ts';
import { keyOf, splitKey } from '../../../../machinery/src/meta.ts';
import { compareVersions } from '../../../informer/resource-version.ts';
import type { ApplicationLister } from '../deps.ts';

/** A state that this process wrote; the object itself only until the cache has it. */
interface Written {
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly app: Application | undefined;
}

/** Applications from the cache, or as this process last wrote them until the cache has caught up. */
export class LatestApplications {
  readonly #cache: ApplicationLister;
  readonly #written = new Map<string, Written>();
  /** The uids of Applications that this process has released to their deletion, until the cache drops them. */
  readonly #gone = new Map<string, string | undefined>();

  constructor(cache: ApplicationLister) {
    this.#cache = cache;
  }

  get(key: string): Application | undefined {
    const { namespace = '', name } = splitKey(key);
    const cached = this.#cache.get(namespace, name);
    if (this.#gone.has(key)) {
      if (cached && this.#gone.get(key) === cached.metadata.uid) return undefined;
      this.#gone.delete(key);
    }
    const written = this.#written.get(key);
    if (!cached || !written?.app || written.uid !== cached.metadata.uid) return cached;
    if ((compareVersions(written.resourceVersion, cached.metadata.resourceVersion) ?? -1) > 0) return written.app;
    this.#written.set(key, { ...written, app: undefined });
    return cached;
  }

  /** Keeps a state that this process wrote. */
  record(app: Application): void {
    const { uid, resourceVersion } = app.metadata;
    const key = keyOf(app);
    this.#written.set(key, { uid, resourceVersion, app });
    // drops the object where the cache has it already
    this.get(key);
  }

  /** Records that nothing is left to do for an Application that is being deleted. */
  recordGone({ metadata }: Application): void {
    this.#gone.set(keyOf({ metadata }), metadata.uid);
  }

  /** Whether this process wrote this state of an Application, or a newer one. */
  hasSeen(app: Application): boolean {
    const key = keyOf(app);
    const written = this.#written.get(key);
    if (written?.uid !== app.metadata.uid || written === undefined) return false;
    const hasSeen = (compareVersions(written.resourceVersion, app.metadata.resourceVersion) ?? -1) >= 0;
    this.get(key);
    return hasSeen;
  }

  forget(key: string): void {
    this.#written.delete(key);
  }
}
