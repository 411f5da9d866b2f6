import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { StatusError } from '../contract/status-error.ts';
import type { Subjects, Tokens } from './tokens.ts';
import type { Attributes, Authenticator, Authorizer, User } from '../contract/user.ts';

/** Authenticates by client certificate (checked against the cluster's CA by TLS) or bearer token. */
export function newAuthenticator(tokens: Tokens, subjects: Subjects): Authenticator {
  return {
    authenticate: async (request) => {
      const fromCertificate = certificateUser(request.socket);
      if (fromCertificate) return fromCertificate;
      const header = request.headers.authorization;
      if (header === undefined) return undefined;
      const token = /^Bearer (\S+)$/i.exec(header)?.[1];
      const verified = token === undefined ? undefined : await tokens.verify(token, subjects);
      return verified?.user ?? 'invalid';
    },
  };
}

const connected = new WeakMap<TLSSocket, User>();

/** The user of a connection's client certificate; it is read once, as decoding it costs as much as a small GET. */
function certificateUser(socket: Socket): User | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const known = connected.get(socket) ?? readCertificate(socket);
  if (known !== undefined) connected.set(socket, known);
  return known;
}

/** CN is the user's name and each O a group, as Kubernetes reads client certificates. */
function readCertificate(socket: TLSSocket): User | undefined {
  const { subject } = socket.getPeerCertificate() as { subject?: { CN?: string | string[]; O?: string | string[] } };
  const name = [subject?.CN ?? []].flat()[0];
  if (name === undefined) return undefined;
  return { name, groups: [...[subject?.O ?? []].flat(), 'system:authenticated'] };
}

/**
 * Returns the user that a request acts as: its own, or the one of its Impersonate headers. Each name, group, uid and extra
 * key needs the right to `impersonate` it; refused with 403.
 */
export function impersonated(request: IncomingMessage, user: User, authorizer: Authorizer): User {
  const name = headerOf(request, 'impersonate-user');
  const groups = headersOf(request, 'impersonate-group');
  const uid = headerOf(request, 'impersonate-uid');
  const extra = extraOf(request);
  if (name === undefined) {
    if (groups.length === 0 && uid === undefined && extra.length === 0) return user;
    const message = 'requested [{UserInfo  map[]}] without impersonating a user';
    throw new StatusError({ code: 400, reason: 'BadRequest', message });
  }
  const authentication = { group: 'authentication.k8s.io', version: 'v1' };
  const wanted: Partial<Attributes>[] = [
    subjectAttributes(name),
    ...groups.map((group) => ({ group: '', version: 'v1', resource: 'groups', name: group })),
    ...(uid === undefined ? [] : [{ ...authentication, resource: 'uids', name: uid }]),
    ...extra.flatMap(([key, values]) =>
      values.map((value) => ({ ...authentication, resource: 'userextras', subresource: key, name: value })),
    ),
  ];
  for (const attributes of wanted) require({ user, verb: 'impersonate', ...attributes }, authorizer);
  return {
    name,
    groups: groupsOf(name, groups),
    ...(uid !== undefined && { uid }),
    ...(extra.length > 0 && { extra: Object.fromEntries(extra) }),
  };
}

const accountPattern = /^system:serviceaccount:([^:]+):([^:]+)$/;

function subjectAttributes(name: string): Partial<Attributes> {
  const [, namespace, account] = accountPattern.exec(name) ?? [];
  if (namespace === undefined || account === undefined) return { group: '', version: 'v1', resource: 'users', name };
  return { group: '', version: 'v1', resource: 'serviceaccounts', namespace, name: account };
}

function groupsOf(name: string, asked: readonly string[]): string[] {
  const namespace = accountPattern.exec(name)?.[1];
  const implied = namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  const groups = asked.length > 0 ? [...asked] : implied;
  const everybody = name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  return groups.includes(everybody) ? groups : [...groups, everybody];
}

function require(attributes: Attributes, authorizer: Authorizer): void {
  const decision = authorizer.authorize(attributes);
  if (decision.allowed) return;
  throw new StatusError(forbidden(attributes, decision.reason));
}

/** The Status of a request that is not allowed, in kube-apiserver's words. */
export function forbidden(attributes: Attributes, reason: string): ConstructorParameters<typeof StatusError>[0] {
  const { user, verb, group = '', resource, subresource, namespace, name, path } = attributes;
  const because = reason === '' ? '' : `: ${reason}`;
  if (resource === undefined) {
    return {
      code: 403,
      reason: 'Forbidden',
      message: `forbidden: User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path ?? '')}${because}`,
      details: {},
    };
  }
  const qualified = group === '' ? resource : `${resource}.${group}`;
  const subject = name ? `${qualified} ${JSON.stringify(name)}` : qualified;
  const what = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace ? ` in the namespace ${JSON.stringify(namespace)}` : ' at the cluster scope';
  const text = `${subject} is forbidden: User ${JSON.stringify(user.name)} cannot ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)}${where}${because}`;
  return {
    code: 403,
    reason: 'Forbidden',
    message: text,
    details: { ...(name && { name }), ...(group && { group }), kind: resource },
  };
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  return headersOf(request, name)[0];
}

/** All values of a repeated header, in order; Node would join or drop them otherwise. */
function headersOf(request: IncomingMessage, name: string): string[] {
  return request.rawHeaders.flatMap((key, i) =>
    i % 2 === 0 && key.toLowerCase() === name ? [request.rawHeaders[i + 1] ?? ''] : [],
  );
}

function extraOf(request: IncomingMessage): [string, string[]][] {
  const prefix = 'impersonate-extra-';
  const keys = [...new Set(Object.keys(request.headers).filter((key) => key.startsWith(prefix)))];
  return keys.map((key) => [decodeURIComponent(key.slice(prefix.length)), [...headersOf(request, key)]]);
}
