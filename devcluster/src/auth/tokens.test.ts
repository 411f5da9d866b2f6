import { beforeAll, describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { newClusterKeys } from './pki.ts';
import { Tokens, apiAudience } from './tokens.ts';
import type { Subjects, TokenClaims } from './tokens.ts';

let now = Date.UTC(2026, 0, 1);
let key = '';
beforeAll(async () => {
  key = (await newClusterKeys(now)).tokenKey;
});

const object = (uid: string): KubeObject => ({ apiVersion: 'v1', kind: 'X', metadata: { uid } });
const subjects = (objects: Record<string, string>): Subjects => ({
  get: (kind, namespace, name) => {
    const uid = objects[`${kind}/${namespace}/${name}`];
    return uid === undefined ? undefined : object(uid);
  },
});
const claims: TokenClaims = {
  namespace: 'ns',
  serviceAccount: 'robot',
  serviceAccountUid: 'u1',
  audiences: [apiAudience],
  expiresInSeconds: 600,
  tokenId: 'id',
};

describe('ServiceAccount tokens', () => {
  test('name the account, its groups and the pod they are bound to', async () => {
    const tokens = new Tokens(key, () => now);
    const token = await tokens.sign({ ...claims, bound: { kind: 'Pod', name: 'p', uid: 'pu' } });
    const verified = await tokens.verify(token, subjects({ 'ServiceAccount/ns/robot': 'u1', 'Pod/ns/p': 'pu' }));
    expect(verified?.user).toMatchObject({
      name: 'system:serviceaccount:ns:robot',
      uid: 'u1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/pod-name': ['p'] },
    });
  });

  test.each([
    { name: 'the account is gone', there: {}, later: 0, audiences: undefined },
    { name: 'the account was made anew', there: { 'ServiceAccount/ns/robot': 'u2' }, later: 0, audiences: undefined },
    { name: 'it is over', there: { 'ServiceAccount/ns/robot': 'u1' }, later: 601_000, audiences: undefined },
    { name: 'it is for another audience', there: { 'ServiceAccount/ns/robot': 'u1' }, later: 0, audiences: ['vault'] },
  ])('are refused when $name', async ({ there, later, audiences }) => {
    const at = now;
    const known = new Tokens(key, () => now);
    const token = await known.sign(claims);
    // one that was accepted a moment ago is refused all the same
    expect(await known.verify(token, subjects({ 'ServiceAccount/ns/robot': 'u1' }))).toBeDefined();
    now = at + later;
    const verified = [known, new Tokens(key, () => now)].map((one) => one.verify(token, subjects(there), audiences));
    expect(await Promise.all(verified)).toEqual([undefined, undefined]);
    now = at;
  });

  test('of another cluster are refused', async () => {
    const other = new Tokens((await newClusterKeys(now)).tokenKey, () => now);
    const verified = await new Tokens(key, () => now).verify(
      await other.sign(claims),
      subjects({ 'ServiceAccount/ns/robot': 'u1' }),
    );
    expect(verified).toBeUndefined();
  });
});
