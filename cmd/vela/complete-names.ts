import { join } from 'node:path';
import { addonNames } from '../../pkg/addon/addon.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import type { Resource } from '../../machinery/src/meta.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { shardResource } from '../../pkg/apis/shard.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import type { ClusterFlags, Session } from './connect.ts';
import type { Io } from './io.ts';

type Names = (session: Session) => Promise<readonly string[]>;

const list =
  (resource: Resource): Names =>
  ({ client, namespace }) =>
    namesOf(client, resource, namespace);

async function namesOf(client: KubeClient, resource: Resource, namespace: string): Promise<readonly string[]> {
  const { items } = await client.list(resource, { ...(resource.namespaced && { namespace }), metadataOnly: true });
  return items.map(({ metadata }) => metadata.name ?? '');
}

const applications = list(applicationResource);
const shards = list(shardResource);
const addons: Names = () => addonNames(join(packageRoot(), 'addons'));

async function definitions({ client }: Session): Promise<readonly string[]> {
  const { definitionTypes } = await import('./definitions.ts');
  const lists = await Promise.all(
    Object.values(definitionTypes).map((resource) => namesOf(client, resource, systemNamespace)),
  );
  return lists.flat();
}

/** Which names a command takes, by its words. */
const sources: readonly (readonly [RegExp, Names])[] = [
  [/^(up|status|delete|logs)$/, applications],
  [/^workflow \S+$/, applications],
  [/^revision (list|ls|diff)$/, applications],
  [/^shard move$/, applications],
  [/^shard \S+$/, shards],
  [/^addon \S+$/, addons],
  [/^def (get|edit|del)$/, definitions],
  [/^show$/, definitions],
];

const completionTimeoutMs = 2_000;

/** The names of objects of the cluster that complete a command line; none when they cannot be read. */
export async function namesFor(
  io: Io,
  argv: ClusterFlags & { readonly _: readonly (string | number)[] },
  current: string,
): Promise<readonly string[]> {
  const words = argv._.map(String).filter((word) => word !== 'vela' && word !== '' && word !== current);
  const found = sources.find(([pattern]) => pattern.test(words.join(' ')));
  if (!found) return [];
  try {
    const { withCluster } = await import('./connect.ts');
    const flags = { ...argv, requestTimeout: completionTimeoutMs / 1000 };
    const names = await withCluster(io, flags, found[1]);
    return names.filter((name) => name.startsWith(current));
  } catch {
    // a shell shows no errors while a line is typed
    return [];
  }
}
