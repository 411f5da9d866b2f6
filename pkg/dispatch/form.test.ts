import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { formOf } from './form.ts';

const rendered: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'ns', labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', cpu: '1000m' }] },
};
const live = (spec: object, more: object = {}): KubeObject => ({
  ...rendered,
  metadata: { ...rendered.metadata, uid: 'u', resourceVersion: '7', annotations: { others: 'x' } },
  spec,
  ...more,
});

test('the form is empty where the live object has all that was rendered, whatever others added', () => {
  expect(formOf(rendered, live({ containers: [{ name: 'web', cpu: '1000m', image: 'x' }], paused: true }))).toBe('');
});

test('the form stays while only a status or the values of others change, and changes with a rendered value', () => {
  const normalized = { containers: [{ name: 'web', cpu: '1' }] };
  const form = formOf(rendered, live(normalized));
  expect(form).not.toBe('');
  expect(formOf(rendered, live({ ...normalized, paused: true }, { status: { replicas: 1 } }))).toBe(form);
  expect(formOf(rendered, live({ containers: [{ name: 'web', cpu: '2' }] }))).not.toBe(form);
  const withSidecar = { containers: [...normalized.containers, { name: 'mesh' }] };
  expect(formOf(rendered, live(withSidecar))).not.toBe(form);
});
