import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient, ListOptions, WatchOptions } from '../../pkg/apis/kube-client.ts';
import type { KubeList, KubeObject, Resource } from '../../machinery/src/meta.ts';

/** Objects of one kind that are watched, and the handler of their changes. */
export interface Following {
  readonly client: () => KubeClient;
  readonly resource: Resource;
  readonly selection: ListOptions;
  /** Everything that exists at the list's resourceVersion: at first, and when a watch could not be continued. */
  readonly listed: (list: KubeList) => void;
  readonly seen: (object: KubeObject, isDeleted: boolean) => void;
}

/** Resolves when everything that exists has been reported once; `ended` resolves after the signal aborted. */
export async function follow(following: Following, signal: AbortSignal): Promise<{ readonly ended: Promise<void> }> {
  const from = await list(following);
  return { ended: watch(following, from, signal) };
}

async function list({ client, resource, selection, listed }: Following): Promise<string> {
  const found = await client().list(resource, selection);
  listed(found);
  return found.metadata.resourceVersion ?? '0';
}

async function watch(following: Following, from: string, signal: AbortSignal): Promise<void> {
  const { client, resource, selection, seen } = following;
  let rv: string | undefined = from;
  while (!signal.aborted) {
    try {
      rv ??= await list(following);
      const options: WatchOptions = { ...selection, resourceVersion: rv, allowWatchBookmarks: true, signal };
      for await (const event of client().watch(resource, options)) {
        if (event.type === 'ERROR') {
          rv = undefined;
          break;
        }
        rv = event.object.metadata.resourceVersion ?? rv;
        if (event.type !== 'BOOKMARK') seen(event.object, event.type === 'DELETED');
      }
    } catch (error) {
      if ((error as { code?: number }).code === 410) rv = undefined;
    }
    await sleep(50, undefined, { signal }).catch(() => undefined);
  }
}
