import type { Application } from '../../../apis/application.ts';
import { holderExtra, termSubject } from '../../../apis/holder.ts';
import type { KubeClient } from '../../../apis/kube-client.ts';
import { annotations } from '../../../apis/names.ts';
import type { ApplicationOptions } from '../deps.ts';

/**
 * The client that acts with the rights of an Application's author, as its annotations name him. `{namespace}` in the default
 * user is that of the Application. Its requests say for which shard and term they are sent, because the fences in the API
 * server see the author and not this process.
 */
export function userClient(
  client: KubeClient,
  app: Application,
  { defaultUser, shard, leaseEpoch }: Pick<ApplicationOptions, 'defaultUser' | 'shard' | 'leaseEpoch'>,
): KubeClient {
  const notes = app.metadata.annotations ?? {};
  const account = notes[annotations.serviceAccountName];
  const username =
    nonEmpty(notes[annotations.username]) ??
    (account ? `system:serviceaccount:${app.metadata.namespace ?? ''}:${account}` : undefined) ??
    defaultUser?.replace('{namespace}', app.metadata.namespace ?? '');
  if (username === undefined) return client;
  const groups = (notes[annotations.group] ?? '')
    .split(',')
    .map((g) => g.trim())
    .filter((g) => g !== '');
  const isFenced = shard !== undefined && leaseEpoch !== undefined;
  return client.impersonate({
    username,
    ...(groups.length > 0 && { groups }),
    ...(isFenced && { extra: { [holderExtra]: termSubject(shard, leaseEpoch) } }),
  });
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
