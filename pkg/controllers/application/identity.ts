import type { Application } from '../../apis/application.ts';
import type { KubeClient } from '../../apis/kube-client.ts';
import { annotations } from '../../apis/names.ts';

/**
 * The client that acts with the rights of an Application's author, as its annotations name him. `{namespace}` in the default
 * user is that of the Application.
 */
export function userClient(client: KubeClient, app: Application, defaultUser: string | undefined): KubeClient {
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
  return client.impersonate({ username, ...(groups.length > 0 && { groups }) });
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
