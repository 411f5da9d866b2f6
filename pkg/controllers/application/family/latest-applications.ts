import type { Application } from '../../../apis/application.ts';
import { keyOf, splitKey } from '../../../../machinery/src/meta.ts';
import { compareVersions } from '../../../informer/resource-version.ts';
import type { ApplicationLister } from '../deps.ts';

/** Applications from the cache, or as this process last wrote them until the cache has caught up. */
export class LatestApplications {
  readonly #cache: ApplicationLister;
  readonly #written = new Map<string, Application>();

  constructor(cache: ApplicationLister) {
    this.#cache = cache;
  }

  get(key: string): Application | undefined {
    const { namespace = '', name } = splitKey(key);
    const cached = this.#cache.get(namespace, name);
    const written = this.#written.get(key);
    if (!cached || !written || written.metadata.uid !== cached.metadata.uid) return cached;
    return (compare(written, cached) ?? -1) > 0 ? written : cached;
  }

  /** Keeps a state that this process wrote. */
  record(app: Application): void {
    this.#written.set(keyOf(app), app);
  }

  /** Whether this process wrote this state of an Application, or a newer one. */
  hasSeen(app: Application): boolean {
    const written = this.#written.get(keyOf(app));
    return written?.metadata.uid === app.metadata.uid && written !== undefined && (compare(written, app) ?? -1) >= 0;
  }

  forget(key: string): void {
    this.#written.delete(key);
  }
}

const compare = (a: Application, b: Application): number | undefined =>
  compareVersions(a.metadata.resourceVersion, b.metadata.resourceVersion);
