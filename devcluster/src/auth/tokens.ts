import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { SignJWT, exportJWK, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { keyIdOf } from './pki.ts';
import type { User } from '../contract/user.ts';

/** What a token may be bound to: it ends with that object. */
export interface BoundObject {
  readonly kind: 'Pod' | 'Secret' | 'Node';
  readonly name: string;
  readonly uid: string;
}

export interface TokenClaims {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly serviceAccountUid: string;
  readonly bound?: BoundObject | undefined;
  readonly audiences: readonly string[];
  readonly expiresInSeconds: number;
  readonly tokenId: string;
}

/** The objects that tokens refer to; a token is valid only while they are there with the same uid. */
export interface Subjects {
  get(kind: 'ServiceAccount' | 'Pod' | 'Secret' | 'Node', namespace: string, name: string): KubeObject | undefined;
}

interface KubernetesClaim {
  readonly namespace: string;
  readonly serviceaccount: { readonly name: string; readonly uid: string };
  readonly pod?: { readonly name: string; readonly uid: string };
  readonly secret?: { readonly name: string; readonly uid: string };
  readonly node?: { readonly name: string; readonly uid: string };
}

const issuer = 'https://kubernetes.default.svc.cluster.local';
/** The audience of tokens that ask for none. */
export const apiAudience = issuer;

/** Number of tokens that are recognized without a check of their signature; a controller sends the same one each time. */
const knownTokens = 1000;

/** Signs and checks ServiceAccount tokens (ES256). */
export class Tokens {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #keyId: string;
  readonly #now: () => number;
  readonly #known = new Map<string, JWTPayload>();

  constructor(privateKeyPem: string, now: () => number) {
    this.#privateKey = createPrivateKey(privateKeyPem);
    this.#publicKey = createPublicKey(this.#privateKey);
    this.#keyId = keyIdOf(privateKeyPem);
    this.#now = now;
  }

  sign(claims: TokenClaims): Promise<string> {
    const nowSeconds = Math.floor(this.#now() / 1000);
    const { bound, namespace } = claims;
    const kubernetes: KubernetesClaim = {
      namespace,
      serviceaccount: { name: claims.serviceAccount, uid: claims.serviceAccountUid },
      ...(bound && { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } }),
    };
    return new SignJWT({ 'kubernetes.io': kubernetes })
      .setProtectedHeader({ alg: 'ES256', kid: this.#keyId })
      .setIssuer(issuer)
      .setSubject(`system:serviceaccount:${namespace}:${claims.serviceAccount}`)
      .setAudience([...claims.audiences])
      .setIssuedAt(nowSeconds)
      .setNotBefore(nowSeconds)
      .setExpirationTime(nowSeconds + claims.expiresInSeconds)
      .setJti(claims.tokenId)
      .sign(this.#privateKey);
  }

  /** Returns the user and the audiences of the token; undefined when it is not ours, expired, or its subject is gone. */
  async verify(
    token: string,
    subjects: Subjects,
    audiences: readonly string[] = [apiAudience],
  ): Promise<{ user: User; audiences: readonly string[] } | undefined> {
    try {
      const payload = this.#recall(token) ?? (await this.#read(token));
      const carried = [payload.aud ?? []].flat();
      const common = audiences.filter((audience) => carried.includes(audience));
      const claim = payload['kubernetes.io'] as KubernetesClaim | undefined;
      if (common.length === 0 || !claim || !isAlive(claim, subjects)) return undefined;
      return { user: userOf(claim, payload.jti), audiences: common };
    } catch {
      // A token that does not verify, whatever is wrong with it, is no credential.
      return undefined;
    }
  }

  /** Checks the signature and the times of a token. */
  async #read(token: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, this.#publicKey, {
      issuer,
      currentDate: new Date(this.#now()),
      algorithms: ['ES256'],
    });
    if (this.#known.size >= knownTokens) this.#known.clear();
    this.#known.set(token, payload);
    return payload;
  }

  /** What a token says that was read before and is not over. */
  #recall(token: string): JWTPayload | undefined {
    const payload = this.#known.get(token);
    if ((payload?.exp ?? 0) > Math.floor(this.#now() / 1000)) return payload;
    this.#known.delete(token);
    return undefined;
  }

  /** The public key as an OIDC discovery client wants it. */
  async keySet(): Promise<object> {
    const jwk = await exportJWK(this.#publicKey);
    return { keys: [{ use: 'sig', alg: 'ES256', kid: this.#keyId, ...jwk }] };
  }
}

function isAlive(claim: KubernetesClaim, subjects: Subjects): boolean {
  const { namespace, serviceaccount, pod, secret, node } = claim;
  const has = (
    kind: Parameters<Subjects['get']>[0],
    ref: { name: string; uid: string } | undefined,
    ns = namespace,
  ): boolean => ref === undefined || subjects.get(kind, ns, ref.name)?.metadata.uid === ref.uid;
  return has('ServiceAccount', serviceaccount) && has('Pod', pod) && has('Secret', secret) && has('Node', node, '');
}

function userOf({ namespace, serviceaccount, pod, node }: KubernetesClaim, tokenId: string | undefined): User {
  const extra: Record<string, readonly string[]> = {
    ...(tokenId !== undefined && { 'authentication.kubernetes.io/credential-id': [`JTI=${tokenId}`] }),
    ...(node && {
      'authentication.kubernetes.io/node-name': [node.name],
      'authentication.kubernetes.io/node-uid': [node.uid],
    }),
    ...(pod && {
      'authentication.kubernetes.io/pod-name': [pod.name],
      'authentication.kubernetes.io/pod-uid': [pod.uid],
    }),
  };
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra,
  };
}
