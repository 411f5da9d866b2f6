import { describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { packageRoot } from '../assets/root.ts';
import { readSetValues } from '../render/set-values.ts';
import { dumpYaml } from '../render/yaml.ts';
import { renderTemplates } from './render.ts';
import { loadTemplates } from './templates.ts';

const templatesDir = join(packageRoot(import.meta.dirname), 'templates');
const templates = { ...(await loadTemplates(templatesDir)), crds: [], definitions: [] };
const render = (...set: string[]): KubeObject[] => {
  const given = readSetValues(set);
  if (!given.ok) throw new Error(given.problems.join('; '));
  return renderTemplates(templates, given.values, { version: '1.2.3' });
};

interface Container {
  readonly name: string;
  readonly args: readonly string[];
  readonly ports: readonly { readonly name: string }[];
}

function deploymentOf(objects: readonly KubeObject[]): KubeObject {
  const found = objects.find((object) => object.kind === 'Deployment');
  if (!found) throw new Error('no Deployment');
  return found;
}
const containerOf = (objects: readonly KubeObject[]): Container =>
  (deploymentOf(objects)['spec'] as { template: { spec: { containers: [Container] } } }).template.spec.containers[0];
const names = (objects: readonly KubeObject[]): string[] => objects.map((o) => `${o.kind}/${o.metadata.name ?? ''}`);

describe('renderTemplates', () => {
  test.each([
    { name: 'defaults', set: [] },
    { name: 'sharding', set: ['sharding.enabled=true'] },
    {
      name: 'restricted',
      set: ['rights=namespaces=a,b', 'admissionWebhooks.enabled=false', 'authentication.enabled=true'],
    },
  ])('yields the manifests of $name.golden.yaml', async ({ name, set }) => {
    const file = join(import.meta.dirname, 'testdata', `${name}.golden.yaml`);
    const text = render(...set)
      .map(dumpYaml)
      .join('---\n');
    if (process.env['UPDATE']) await writeFile(file, text);
    expect(text).toBe(await readFile(file, 'utf8'));
  });

  test('spells the arguments of sharding so that a text substitution makes a slave of the master', () => {
    const yaml = dumpYaml(deploymentOf(render('sharding.enabled=true')))
      .replaceAll('schedulable-shards=', 'shard-id=shard-0')
      .replaceAll('instance: kubevela', 'instance: kubevela-shard')
      .replaceAll('shard-id: master', 'shard-id: shard-0')
      .replaceAll('name: kubevela', 'name: kubevela-shard');
    expect(yaml).toContain('--shard-id=shard-0\n');
    expect(yaml).toContain('controller.core.oam.dev/shard-id: shard-0');
    expect(yaml).toContain('name: kubevela-shard-vela-core');
    expect(yaml).toContain('- name: kubevela-shard\n');
    expect(yaml).toContain('serviceAccountName: kubevela-vela-core');
    expect(yaml.match(/app.kubernetes.io\/instance: kubevela-shard/g)).toHaveLength(3);
  });

  test.each([
    { set: 'sharding.schedulableShards=a,b', arg: '--schedulable-shards=a,b' },
    { set: 'sharding.schedulableShards={a,b}', arg: '--schedulable-shards=a,b' },
    { set: 'kubeClient.qps=7', arg: '--kube-api-qps=7' },
    { set: 'extraArgs={--v=4}', arg: '--v=4' },
    { set: 'featureGates.enableGlobalPolicies=true', arg: '--feature-gates=EnableGlobalPolicies=true' },
    { set: 'featureGates.disableWebhookAutoSchedule=true', arg: '--feature-gates=DisableWebhookAutoSchedule=true' },
  ])('--set $set gives the controller $arg', ({ set, arg }) => {
    expect(containerOf(render('sharding.enabled=true', set)).args).toContain(arg);
  });

  test('makes the controllers cluster-admin only where that is asked for', () => {
    const admin = 'ClusterRoleBinding/kubevela-vela-core:cluster-admin';
    expect(names(render())).not.toContain(admin);
    expect(names(render('authentication.enabled=true', 'rights=admin'))).not.toContain(admin);
    for (const set of ['rights=admin', 'rbac.clusterAdmin=true']) expect(names(render(set))).toContain(admin);
  });

  test('makes the pods targets of Prometheus where that is asked for', () => {
    expect(names(render())).not.toContain('PodMonitor/kubevela-vela-core');
    const objects = render('podMonitor.enabled=true', 'podMonitor.labels.release=prometheus');
    const monitor = objects.find(({ kind }) => kind === 'PodMonitor');
    expect(monitor?.metadata.labels).toMatchObject({ release: 'prometheus', 'app.kubernetes.io/name': 'vela-core' });
    const { selector, podMetricsEndpoints } = monitor?.['spec'] as {
      selector: { matchLabels: Record<string, string> };
      podMetricsEndpoints: readonly { port: string }[];
    };
    const { template } = deploymentOf(objects)['spec'] as { template: { metadata: KubeObject['metadata'] } };
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(containerOf(objects).ports.map(({ name }) => name)).toContain(podMetricsEndpoints[0]?.port);
  });

  test('makes a Service and a ServiceMonitor that select the pods', () => {
    expect(names(render('core.metrics.enabled=true'))).toContain('Service/kubevela-vela-core-metrics');
    const objects = render('core.metrics.serviceMonitor.enabled=true');
    const service = objects.find(({ metadata }) => metadata.name === 'kubevela-vela-core-metrics');
    const monitor = objects.find(({ kind }) => kind === 'ServiceMonitor');
    const { selector } = monitor?.['spec'] as { selector: { matchLabels: Record<string, string> } };
    expect(service?.metadata.labels).toMatchObject(selector.matchLabels);
    const { template } = deploymentOf(objects)['spec'] as { template: { metadata: KubeObject['metadata'] } };
    expect(template.metadata.labels).toMatchObject((service?.['spec'] as { selector: object }).selector);
  });

  test('mounts the certificate of cert-manager, unless a Secret is named', () => {
    const secretOf = (objects: readonly KubeObject[]): string | undefined => {
      const { template } = deploymentOf(objects)['spec'] as {
        template: { spec: { volumes: readonly { name: string; secret?: { secretName: string } }[] } };
      };
      return template.spec.volumes.find(({ name }) => name === 'webhook-certificate')?.secret?.secretName;
    };
    const objects = render('admissionWebhooks.certManager.enabled=true');
    const certificate = objects.find(({ metadata }) => metadata.name === 'kubevela-vela-core-webhook');
    expect(certificate?.['spec']).toMatchObject({
      secretName: 'kubevela-vela-core-webhook',
      dnsNames: ['vela-core-webhook.vela-system.svc', 'vela-core-webhook.vela-system.svc.cluster.local'],
    });
    expect(secretOf(objects)).toBe('kubevela-vela-core-webhook');
    const named = ['admissionWebhooks.certManager.enabled=true', 'admissionWebhooks.certificate.secretName=mine'];
    expect(secretOf(render(...named))).toBe('mine');
    expect(secretOf(render())).toBeUndefined();
  });

  test('registers the webhooks by URL when there is one', () => {
    const objects = renderTemplates(templates, {}, { version: '1.2.3', webhookUrl: 'https://10.0.0.1:9443' });
    const webhooks = objects.flatMap((o) => (o['webhooks'] ?? []) as { clientConfig: JsonObject }[]);
    expect(webhooks).toHaveLength(7);
    expect(webhooks[0]?.clientConfig).toEqual({
      url: 'https://10.0.0.1:9443/mutating-core-oam-dev-v1beta1-applications',
    });
  });

  test.each([
    { set: 'shardin.enabled=true', says: 'shardin: is not a value of the installation; did you mean "sharding"' },
    {
      set: 'sharding.enable=true',
      says: 'sharding.enable: is not a value of the installation; did you mean "enabled"',
    },
    { set: 'sharding.enabled=yes', says: 'sharding.enabled: must be true or false' },
    { set: 'replicaCount=many', says: 'replicaCount: must be a number' },
    { set: 'image=x', says: 'image: must be a map' },
  ])('refuses --set $set', ({ set, says }) => {
    expect(() => render(set)).toThrow(says);
  });

  test('lets values that are free hold anything', () => {
    const yaml = dumpYaml(deploymentOf(render('nodeSelector.zone=a', 'resources.limits.nvidia\\.com/gpu=1')));
    expect(yaml).toMatch(/nodeSelector:\n\s+zone: a/);
    expect(yaml).toContain('nvidia.com/gpu: 1');
  });
});
