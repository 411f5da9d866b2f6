import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { apiVersionOf } from '../../../machinery/src/meta.ts';
import { configMaps, deployments, ingresses, services, websiteLabel, websiteResource, websites } from './website.ts';
import type { Website } from './website.ts';

export interface Manifest {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/** What is made of a Website: the page, the processes that serve it, and the way to them. Pure. */
export function manifestsOf(website: Website, shard: string): readonly Manifest[] {
  const { name = '', namespace, uid = '' } = website.metadata;
  const { html, host, replicas = 1 } = website.spec;
  const selector = { [websiteLabel]: name };
  const owner = { apiVersion: apiVersionOf(websiteResource), kind: 'Website', name, uid, controller: true };
  const metadata = {
    name,
    ...(namespace !== undefined && { namespace }),
    labels: { ...selector, [websites.kind.keys.shard]: shard },
    ownerReferences: [owner],
  };
  const manifest = (resource: Resource, body: object): Manifest => ({
    resource,
    object: { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata, ...body },
  });
  const container = {
    name: 'web',
    image: 'nginx:stable',
    ports: [{ protocol: 'TCP', containerPort: 80 }],
    volumeMounts: [{ name: 'page', mountPath: '/usr/share/nginx/html' }],
  };
  const pod = { containers: [container], volumes: [{ name: 'page', configMap: { name } }] };
  const backend = { service: { name, port: { number: 80 } } };
  return [
    manifest(configMaps, { data: { 'index.html': html } }),
    manifest(deployments, {
      spec: { replicas, selector: { matchLabels: selector }, template: { metadata: { labels: selector }, spec: pod } },
    }),
    manifest(services, { spec: { selector, ports: [{ protocol: 'TCP', port: 80 }] } }),
    ...(host === undefined
      ? []
      : [
          manifest(ingresses, {
            spec: { rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
          }),
        ]),
  ];
}
