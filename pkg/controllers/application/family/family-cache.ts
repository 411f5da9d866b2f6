import { apiVersionOf } from '../../../../machinery/src/meta.ts';
import type { KubeObject, Resource } from '../../../../machinery/src/meta.ts';
import type { ResourceTracker } from '../../../apis/resource-tracker.ts';
import { resourceKey } from '../../../dispatch/manifest.ts';
import { compareVersions } from '../../../informer/resource-version.ts';
import type { Family } from './family.ts';

/** The families that this process works on, by the key of their Application. After an error a family is read again. */
export class FamilyCache {
  readonly #families = new Map<string, Family>();

  /** The family of the Application with this uid; undefined where it must be read from the API server. */
  get(key: string, uid: string | undefined): Family | undefined {
    const family = this.#families.get(key);
    return family?.uid === uid ? family : undefined;
  }

  set(key: string, family: Family): void {
    this.#families.set(key, family);
  }

  drop(key: string): void {
    this.#families.delete(key);
  }

  has(key: string): boolean {
    return this.#families.has(key);
  }

  hasTracker(key: string, tracker: KubeObject): boolean {
    return this.#tracker(key, tracker) !== undefined;
  }

  /** Whether a state of a tracker is known: this process wrote it, or a newer one. */
  knowsTracker(key: string, tracker: KubeObject): boolean {
    const known = this.#tracker(key, tracker);
    return (compareVersions(known?.metadata.resourceVersion, tracker.metadata.resourceVersion) ?? -1) >= 0;
  }

  /** Whether this state of a delivered object is known, or its Application is not worked on. */
  knowsDelivered(key: string, object: KubeObject, resource: Resource): boolean {
    const family = this.#families.get(key);
    if (!family) return true;
    const { namespace, name, uid, resourceVersion } = object.metadata;
    const known = family.known.get(
      resourceKey({ apiVersion: apiVersionOf(resource), kind: resource.kind, namespace, name }),
    );
    return known !== undefined && known.uid === uid && known.resourceVersion === resourceVersion;
  }

  #tracker(key: string, { metadata }: KubeObject): ResourceTracker | undefined {
    return this.#families
      .get(key)
      ?.trackers.list()
      .find((tracker) => tracker.metadata.uid === metadata.uid);
  }
}
