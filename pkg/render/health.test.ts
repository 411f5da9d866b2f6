import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import { packageRoot } from '../assets/root.ts';
import type { RenderContext } from './context.ts';
import { newEngines } from '../../test/support/engines.ts';
import type { HealthQuestion } from './health.ts';
import { evaluateHealth } from './health.ts';
import { loadYaml } from './yaml.ts';

const engines = newEngines();
const context: RenderContext = {
  name: 'api',
  namespace: 'prod',
  appName: 'shop',
  appRevision: 'shop-v1',
  appRevisionNum: 1,
  appLabels: {},
  appAnnotations: {},
  cluster: 'local',
  clusterVersion: { major: '1', minor: 36, gitVersion: '', platform: '' },
};

type Definition = HealthQuestion['definition'];
const shipped = (name: string): Definition =>
  loadYaml(readFileSync(join(packageRoot(), 'templates/definitions', `${name}.yaml`), 'utf8')) as Definition;
const own = (handlebars: JsonObject): Definition => ({
  metadata: { name: 'own' },
  spec: { schematic: { handlebars: { template: '', ...handlebars } } },
});
const kube = (apiVersion: string, kind: string, rest: object): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'api', generation: 1 },
  ...rest,
});
const deployment = kube('apps/v1', 'Deployment', { spec: { replicas: 1 }, status: { readyReplicas: 1 } });

interface Row {
  readonly name: string;
  readonly of?: 'component' | 'trait';
  readonly definition: Definition;
  readonly parameter?: JsonObject;
  readonly workload?: KubeObject | undefined;
  readonly outputs?: Readonly<Record<string, KubeObject>>;
  readonly want: object;
}

const rows: readonly Row[] = [
  {
    name: 'a component without expressions follows the rule of its kind',
    definition: shipped('webservice'),
    workload: deployment,
    want: { healthy: false, message: 'Ready:1/1' },
  },
  {
    name: 'a component without its workload is unhealthy',
    definition: shipped('k8s-objects'),
    want: { healthy: false, message: '' },
  },
  {
    name: 'objects as they are count as healthy',
    definition: shipped('k8s-objects'),
    workload: deployment,
    want: { healthy: true, message: '' },
  },
  {
    name: 'a deployment that is referred to is judged',
    definition: shipped('ref-objects'),
    workload: deployment,
    want: { healthy: false, message: 'Ready:1/1' },
  },
  {
    name: 'a CUE definition without an engine follows the rule of its kind',
    definition: { metadata: { name: 'x' }, spec: { schematic: { cue: { template: '' } } } },
    workload: deployment,
    want: { healthy: false, message: 'Ready:1/1' },
  },
  {
    name: 'a trait without expressions is healthy',
    of: 'trait',
    definition: shipped('scaler'),
    want: { healthy: true, message: '' },
  },
  {
    name: 'expressions see the parameters with their defaults, and whole numbers are whole',
    definition: own({
      parameters: { type: 'object', properties: { least: { type: 'integer', default: 1 } } },
      health: 'context.output.status.readyReplicas + 0 >= parameter.least',
      message: '"ready " + string(context.output.status.readyReplicas) + " of " + context.appName',
      details: { ready: 'context.output.status.readyReplicas', pods: '[1, 2]', broken: 'context.nothing' },
    }),
    workload: deployment,
    want: { healthy: true, message: 'ready 1 of shop', details: { ready: '1', pods: '[1,2]' } },
  },
  {
    name: 'an expression that fails means unhealthy, and says why',
    definition: own({ health: 'context.output.status.gone > 1' }),
    workload: deployment,
    want: { healthy: false, message: 'health: No such key: gone' },
  },
  {
    name: 'the words of the definition come first',
    definition: own({ health: 'context.output.status.gone > 1', message: '"no pods yet"' }),
    workload: deployment,
    want: { healthy: false, message: 'no pods yet' },
  },
  {
    name: 'an expression that yields no boolean means unhealthy, and says so',
    definition: own({ health: '"yes"' }),
    workload: deployment,
    want: { healthy: false, message: 'health: yields "yes" where true or false is needed' },
  },
  {
    name: 'an expression that does not compile says so',
    definition: own({ health: 'context.' }),
    workload: deployment,
    want: { healthy: false, message: 'Expected IDENTIFIER, got EOF' },
  },
  {
    name: 'expose waits for the address of a load balancer',
    of: 'trait',
    definition: shipped('expose'),
    outputs: { service: kube('v1', 'Service', { spec: { type: 'LoadBalancer' }, status: {} }) },
    want: { healthy: false, message: 'ExternalIP: Pending' },
  },
  {
    name: 'expose says nothing about a node port',
    of: 'trait',
    definition: shipped('expose'),
    outputs: { service: kube('v1', 'Service', { spec: { type: 'NodePort', clusterIP: '10.0.0.1' } }) },
    want: { healthy: true, message: '' },
  },
  {
    name: 'expose without its service is unhealthy',
    of: 'trait',
    definition: shipped('expose'),
    want: { healthy: false, message: '' },
  },
  {
    name: 'a gateway shows where to go',
    of: 'trait',
    definition: shipped('gateway'),
    parameter: { http: { '/': 80 } },
    outputs: {
      ingress: kube('networking.k8s.io/v1', 'Ingress', {
        spec: { rules: [{ host: 'shop.example' }] },
        status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
      }),
      service: kube('v1', 'Service', {}),
    },
    want: { healthy: true, message: 'Visiting URL: shop.example, IP: 1.2.3.4' },
  },
  {
    name: 'a gateway without a host says so',
    of: 'trait',
    definition: shipped('gateway'),
    parameter: { http: { '/': 80 } },
    outputs: { ingress: kube('networking.k8s.io/v1', 'Ingress', { spec: { rules: [{}] } }) },
    want: {
      healthy: true,
      message: 'Host not specified, visit the cluster or load balancer in front of the cluster',
    },
  },
  {
    name: 'a gateway without its ingress is unhealthy',
    of: 'trait',
    definition: shipped('gateway'),
    parameter: { http: { '/': 80 }, name: 'other' },
    outputs: { 'ingress-other': kube('networking.k8s.io/v1', 'Ingress', { spec: {} }) },
    want: { healthy: false, message: '' },
  },
];

test.each(rows)('$name', async ({ of = 'component', definition, parameter = {}, workload, outputs = {}, want }) => {
  expect(await evaluateHealth({ of, definition, parameter, context, workload, outputs }, engines)).toEqual(want);
});
