import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { resourcePolicies } from '../appfile/resource-policy.ts';
import type { ApplyContext, KnownObjects } from './known.ts';
import { isInKnownForm, remember, wantedHash } from './known.ts';
import type { ResolvedManifest } from './manifest.ts';
import { withRenderHash } from './render-hash.ts';

const app: KubeObject = { apiVersion: 'core.oam.dev/v1beta1', kind: 'Application', metadata: { name: 'app' } };
const object = withRenderHash({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'ns' },
  spec: { replicas: 3 },
});
const manifest = { object } as unknown as ResolvedManifest;
const live: KubeObject = {
  ...object,
  metadata: { ...object.metadata, uid: 'u', resourceVersion: '7' },
  spec: { replicas: 1 },
};

const at = (moment: ApplyContext['moment'], affect?: string): Pick<ApplyContext, 'policies' | 'moment'> => {
  const strategy = { path: ['spec.replicas'], ...(affect !== undefined && { affect }) };
  const rules = [{ selector: { resourceTypes: ['Deployment'] }, strategy }];
  return {
    moment,
    policies: resourcePolicies(app, [{ name: 'p', type: 'apply-once', properties: { enable: true, rules } }]),
  };
};

test.each([
  { affect: 'onUpdate', isSame: false },
  { affect: 'always', isSame: true },
  { affect: undefined, isSame: true },
])(
  'what an apply-once rule (affect $affect) kept at an update is settled afterwards: $isSame',
  ({ affect, isSame }) => {
    const known: KnownObjects = new Map();
    const updated = { known, ticket: 1, ...at('onUpdate', affect) };
    remember(live, manifest, updated);
    expect(isInKnownForm(live, manifest, updated)).toBe(true);
    const kept = { known, ...at('onStateKeep', affect) };
    expect(isInKnownForm(live, manifest, kept)).toBe(isSame);
    expect(wantedHash(object, kept) === wantedHash(object, updated)).toBe(isSame);
  },
);
