import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../../machinery/src/meta.ts';
import { misfit } from './fit.ts';

const pod = (spec: object): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });
const node = (spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n', labels: { zone: 'a' } },
  spec,
});
const taint = { key: 'gpu', value: 'yes', effect: 'NoSchedule' };

test.each<[string, object, object, string | undefined]>([
  ['nothing asked', {}, {}, undefined],
  ['a cordon', {}, { unschedulable: true }, 'were unschedulable'],
  [
    'a tolerated cordon',
    { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' }] },
    { unschedulable: true },
    undefined,
  ],
  ['a taint', {}, { taints: [taint] }, 'had untolerated taint {gpu: yes}'],
  ['a taint that only prefers', {}, { taints: [{ ...taint, effect: 'PreferNoSchedule' }] }, undefined],
  ['the value tolerated', { tolerations: [{ key: 'gpu', value: 'yes' }] }, { taints: [taint] }, undefined],
  ['another value tolerated', { tolerations: [{ key: 'gpu', value: 'no' }] }, { taints: [taint] }, 'untolerated'],
  [
    'another effect',
    { tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }] },
    { taints: [taint] },
    'unt',
  ],
  ['all tolerated', { tolerations: [{ operator: 'Exists' }] }, { taints: [taint], unschedulable: true }, undefined],
  ['the label selected', { nodeSelector: { zone: 'a' } }, {}, undefined],
  ['another label selected', { nodeSelector: { zone: 'b' } }, {}, "didn't match Pod's node affinity/selector"],
])('%s', (_name, needs, offer, why) => {
  const found = misfit(pod(needs), node(offer));
  if (why === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(why);
});
