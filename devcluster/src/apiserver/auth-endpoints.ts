import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { decodeBody, mediaType, readBody } from './body.ts';
import { badRequest, invalid, notFound } from '../contract/errors.ts';
import type { SpecialHandler } from './handler.ts';
import type { ResourceRequest } from './request.ts';
import { respond } from './responses.ts';
import type { ClusterApi } from '../contract/cluster-api.ts';
import { pods, secrets, serviceAccounts } from '../contract/builtin.ts';
import type { Rbac } from '../auth/rbac.ts';
import { reviewAccess, reviewRules, reviewSelf, reviewToken } from '../auth/reviews.ts';
import type { BoundObject, Subjects, Tokens } from '../auth/tokens.ts';
import { apiAudience } from '../auth/tokens.ts';

/** What the endpoints of authentication and authorization work with. */
export interface AuthParts {
  readonly api: ClusterApi;
  readonly rbac: Rbac;
  readonly tokens: Tokens;
  readonly subjects: Subjects;
  readonly newUid: () => string;
  readonly now: () => number;
}

type Review = (review: KubeObject, request: ResourceRequest) => KubeObject | Promise<KubeObject>;

/** The reviews and the token subresource, which are answered without storing anything. */
export function authHandlers(parts: AuthParts): [string, SpecialHandler][] {
  const { rbac, tokens, subjects } = parts;
  const reviews: [string, Review][] = [
    ['authentication.k8s.io/tokenreviews', (review) => reviewToken(review, tokens, subjects)],
    ['authentication.k8s.io/selfsubjectreviews', (review, { user }) => reviewSelf(review, user, parts.now())],
    ['authorization.k8s.io/subjectaccessreviews', (review) => reviewAccess(review, rbac)],
    [
      'authorization.k8s.io/localsubjectaccessreviews',
      (review, { path }) => reviewAccess(review, rbac, { namespace: path.namespace }),
    ],
    ['authorization.k8s.io/selfsubjectaccessreviews', (review, { user }) => reviewAccess(review, rbac, { self: user })],
    ['authorization.k8s.io/selfsubjectrulesreviews', (review, { user }) => reviewRules(review, rbac, user)],
  ];
  return [
    ...reviews.map(([key, review]): [string, SpecialHandler] => [key, answering(review)]),
    ['/serviceaccounts/token', answering((request, at) => issue(request, at, parts))],
  ];
}

function answering(review: Review): SpecialHandler {
  return async (request) => {
    const body = decodeBody(
      await readBody(request.incoming),
      mediaType(request.incoming),
    ) as Partial<KubeObject> | null;
    if (typeof body !== 'object' || body === null) throw badRequest('the body is not an object');
    const { group, version, kind } = request.resource;
    const asked = {
      kind,
      apiVersion: group === '' ? version : `${group}/${version}`,
      metadata: {},
      ...body,
    } as KubeObject;
    const answered = await review(asked, request);
    respond(request.incoming, request.response, { code: 201, json: JSON.stringify(answered) });
  };
}

interface TokenSpec {
  readonly audiences?: readonly string[] | null;
  readonly expirationSeconds?: number;
  readonly boundObjectRef?: { readonly kind?: string; readonly name?: string; readonly uid?: string } | null;
}

/** TokenRequest: a token for a ServiceAccount. */
async function issue(review: KubeObject, request: ResourceRequest, parts: AuthParts): Promise<KubeObject> {
  const { api, tokens, newUid, now } = parts;
  const { namespace = '', name = '' } = request.path;
  const account = api.get(serviceAccounts, namespace, name);
  if (!account) throw notFound(serviceAccounts, name);
  const spec = (review['spec'] ?? {}) as TokenSpec;
  const expiresInSeconds = spec.expirationSeconds ?? 3600;
  if (review.metadata.name !== undefined && review.metadata.name !== name) throw otherAccount(review.metadata.name);
  if (expiresInSeconds < 600)
    throw refusedDuration(expiresInSeconds, 'may not specify a duration less than 10 minutes');
  if (expiresInSeconds > 2 ** 32)
    throw refusedDuration(expiresInSeconds, 'may not specify a duration larger than 2^32 seconds');
  const audiences = spec.audiences?.length ? spec.audiences : [apiAudience];
  const bound = spec.boundObjectRef ? boundObject(spec.boundObjectRef, namespace, api) : undefined;
  const token = await tokens.sign({
    namespace,
    serviceAccount: name,
    serviceAccountUid: account.metadata.uid ?? '',
    bound,
    audiences,
    expiresInSeconds,
    tokenId: newUid(),
  });
  const expirationTimestamp = new Date(now() + expiresInSeconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {
      name,
      namespace,
      uid: account.metadata.uid ?? '',
      creationTimestamp: new Date(now()).toISOString().replace(/\.\d+Z$/, 'Z'),
    },
    spec: { audiences, expirationSeconds: expiresInSeconds, boundObjectRef: spec.boundObjectRef ?? null },
    status: { token, expirationTimestamp },
  };
}

function otherAccount(name: string): Error {
  const message = `Invalid value: ${JSON.stringify(name)}: must match the service account name if specified`;
  return invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, name, [
    { reason: 'FieldValueInvalid', field: 'metadata.name', message },
  ]);
}

function refusedDuration(seconds: number, text: string): Error {
  const message = `Invalid value: ${seconds}: ${text}`;
  return invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
    { reason: 'FieldValueInvalid', field: 'spec.expirationSeconds', message },
  ]);
}

function boundObject(
  { kind, name = '', uid }: NonNullable<TokenSpec['boundObjectRef']>,
  namespace: string,
  api: ClusterApi,
): BoundObject {
  if (kind !== 'Pod' && kind !== 'Secret')
    throw badRequest(`cannot bind token to object of type /, Kind=${kind ?? ''}`);
  const resource: Resource = kind === 'Pod' ? pods : secrets;
  const object = api.get(resource, namespace, name);
  if (!object || (uid !== undefined && uid !== '' && object.metadata.uid !== uid)) throw notFound(resource, name);
  return { kind, name, uid: object.metadata.uid ?? '' };
}
