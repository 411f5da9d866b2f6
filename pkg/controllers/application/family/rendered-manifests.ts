import type { ApplicationRevision } from '../../../apis/application-revision.ts';
import type { Manifest } from '../../../dispatch/manifest.ts';
import { sameContent } from '../../../revision/hash.ts';

/** What is delivered of a component before it is healthy, by stage. */
export interface EarlyManifests {
  readonly preDispatch: readonly Manifest[];
  readonly defaultDispatch: readonly Manifest[];
}

/** Everything that a rendering depends on. */
export interface RenderInputs {
  readonly revision: ApplicationRevision;
  /** Compared by content. */
  readonly values: unknown;
}

interface Entry extends RenderInputs {
  readonly manifests: EarlyManifests;
}

/** The manifests of components during a workflow run: while health is awaited the same inputs come again. */
export class RenderedManifests {
  readonly #entries = new Map<string, Entry>();

  recall(placement: string, { revision, values }: RenderInputs): EarlyManifests | undefined {
    const entry = this.#entries.get(placement);
    return entry?.revision === revision && sameContent(entry.values, values) ? entry.manifests : undefined;
  }

  store(placement: string, inputs: RenderInputs, manifests: EarlyManifests): void {
    this.#entries.set(placement, { ...inputs, manifests });
  }

  clear(): void {
    this.#entries.clear();
  }
}
