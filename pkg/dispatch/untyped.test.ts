import { expect, test } from '@jest/globals';
import type { JsonObject, KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { KubeClient } from '../apis/kube-client.ts';
import { annotations } from '../apis/names.ts';
import { writeUntyped } from './untyped.ts';

const jobs: Resource = { group: 'batch', version: 'v1', kind: 'Job', plural: 'jobs', namespaced: true };
const job: KubeObject = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'j', namespace: 'n', uid: 'u' },
  spec: {},
};
const live: KubeObject = {
  ...job,
  metadata: {
    ...job.metadata,
    annotations: {
      [annotations.lastAppliedConfiguration]: '{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"j"}}',
      [annotations.lastAppliedTime]: '2026-01-01T00:00:00Z',
    },
  },
};

/** The annotations of the merge patch that is sent. */
async function patched(dryRun: boolean): Promise<JsonObject> {
  let sent: JsonObject = {};
  const client = {
    get: () => Promise.resolve(live),
    patch: (_: Resource, __: object, { body }: { body: { metadata: { annotations: JsonObject } } }) => {
      sent = body.metadata.annotations;
      return Promise.resolve(live);
    },
  } as unknown as KubeClient;
  const record = { [annotations.lastAppliedConfiguration]: '{}' };
  const wanted = { ...job, metadata: { ...job.metadata, annotations: record } };
  await writeUntyped(wanted, { client, resource: jobs, dryRun, signal: undefined });
  return sent;
}

test('a write removes the time of the last write, which a question about changes leaves alone', async () => {
  expect(await patched(false)).toHaveProperty([annotations.lastAppliedTime], null);
  expect(await patched(true)).not.toHaveProperty([annotations.lastAppliedTime]);
});
