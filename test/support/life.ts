import { readFile } from 'node:fs/promises';
import { applicationResource } from '../../pkg/apis/application.ts';
import type { Application } from '../../pkg/apis/application.ts';
import { isNotFound } from '../../pkg/apis/api-error.ts';
import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { labels } from '../../pkg/apis/names.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import type { Json, JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { sampleApplication } from './applications.ts';
import { eventually } from './fleet.ts';

interface Where {
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface Named {
  readonly name: string;
  readonly namespace: string;
}

/** Brings an Application through its life: it is created and runs, is changed and runs, and is deleted with its trackers. */
export async function live(client: KubeClient, name: string, where: Where): Promise<void> {
  const { namespace } = where;
  const sample = sampleApplication(name, namespace);
  const app = { ...sample, metadata: { ...sample.metadata, labels: where.labels ?? {} } };
  await client.create(applicationResource, app);
  await whenRunning(client, { name, namespace });
  const components = [{ ...sample.spec.components[0], traits: [scaler(2)] }] as unknown as Json;
  const body = { spec: { components } };
  await client.patch(applicationResource, { name, namespace }, { type: 'merge', body });
  await whenRunning(client, { name, namespace });
  await client.delete(applicationResource, { name, namespace });
  await eventually(`${name} to be gone`, async () => {
    await client.get(applicationResource, { name, namespace }).then(
      () => {
        throw new Error('it is there');
      },
      (error: unknown) => {
        if (!isNotFound(error)) throw error;
      },
    );
    const { items } = await client.list<KubeObject>(resourceTrackerResource, {
      labelSelector: `${labels.appName}=${name}`,
    });
    if (items.length > 0) throw new Error('its trackers are there');
  });
}

const scaler = (replicas: number): JsonObject => ({ type: 'scaler', properties: { replicas } });

async function whenRunning(client: KubeClient, target: Named): Promise<void> {
  await eventually(`${target.name} to run`, async () => {
    const { status, metadata } = await client.get<Application>(applicationResource, target);
    if (status?.status !== 'running' || status.observedGeneration !== metadata.generation)
      throw new Error(JSON.stringify(status));
  });
}

/** Processor time that a process has used so far, in milliseconds. */
export async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (user + system) * 10;
}
