import type { ActionPackage } from './spec.ts';
import { applies, deletes, plain, reads } from './spec.ts';

/** Actions on objects of the cluster, on the run itself, and on the world around. */

const cluster = { cluster: '*"" | string' };
const value = { value: '{...}' };
const live = { 'value?': '{...}', 'err?': 'string' };

export const kube: ActionPackage = {
  Apply: applies('kube.apply', { ...cluster, ...value, 'patch?': '{...}' }, live),
  ApplyInParallel: applies('kube.apply-in-parallel', { ...cluster, value: '[...{...}]' }, { 'value?': '[...{...}]' }),
  Patch: applies('kube.patch', { ...cluster, ...value, patch: '{...}' }, { 'result?': '{...}' }),
  Read: reads('kube.read', { ...cluster, ...value }, live),
  List: reads(
    'kube.list',
    {
      ...cluster,
      resource: '{apiVersion: string, kind: string, ...}',
      'filter?': '{namespace?: string, matchingLabels?: {...}}',
    },
    { 'values?': '{...}', 'err?': 'string' },
  ),
  Delete: deletes(
    'kube.delete',
    { ...cluster, value: '{...}', 'filter?': '{namespace?: string, matchingLabels?: {...}}' },
    live,
  ),
};

const message = { 'message?': 'string' };

export const builtin: ActionPackage = {
  DoVar: plain('builtin.var', { method: '*"Get" | "Put"', path: 'string', 'value?': '_' }, { 'value?': '_' }),
  ConditionalWait: plain('builtin.wait', { continue: '*false | bool', ...message }),
  Suspend: plain('builtin.suspend', { 'duration?': 'string', ...message }),
  Break: plain('builtin.break', message),
  Fail: plain('builtin.fail', message),
  Message: plain('builtin.message', message),
};

const request = { url: 'string', 'request?': '{...}', 'tls_config?': '{secret: string, namespace?: string}' };
const answer = { 'body?': 'string', 'header?': '{...}', 'trailer?': '{...}', 'statusCode?': 'int' };
const withMethod = (method: string) => plain('http.do', { method, ...request }, answer);

export const http: ActionPackage = {
  HTTPDo: withMethod('*"GET" | "POST" | "PUT" | "DELETE"'),
  HTTPGet: withMethod('"GET"'),
  HTTPPost: withMethod('"POST"'),
  HTTPPut: withMethod('"PUT"'),
  HTTPDelete: withMethod('"DELETE"'),
};

export const email: ActionPackage = {
  SendEmail: plain('email.send', {
    from: '{address: string, alias?: string, password: string, host: string, port: int}',
    to: '[...string]',
    content: '{subject: string, body: string}',
  }),
};

export const metrics: ActionPackage = {
  PromCheck: plain(
    'metrics.check',
    {
      query: 'string',
      metricEndpoint: '*"http://prometheus-server.o11y-system.svc:9090" | string',
      condition: 'string',
      failDuration: '*"2m" | string',
      duration: '*"5m" | string',
    },
    { 'result?': 'bool', 'failed?': 'bool', 'message?': 'string' },
  ),
};

export const time: ActionPackage = {
  DateToTimestamp: plain('time.timestamp', { date: 'string', layout: '*"" | string' }, { 'timestamp?': 'int' }),
  TimestampToDate: plain('time.date', { timestamp: 'int', layout: '*"" | string' }, { 'date?': 'string' }),
};

export const util: ActionPackage = {
  PatchK8sObject: plain('util.patch', { value: '{...}', patch: '{...}' }, { 'result?': '{...}' }),
  ConvertString: plain('util.string', { bt: '_' }, { 'str?': 'string' }),
  Log: plain('util.log', { 'data?': '_', level: '*3 | int', 'source?': '{...}' }),
};

const named = { name: 'string', namespace: 'string' };
const judged = { result: 'bool', message: 'string' };

export const config: ActionPackage = {
  CreateConfig: applies('config.create', { ...named, 'template?': 'string', config: '{...}' }),
  ReadConfig: reads('config.read', named, { 'config?': '{...}' }),
  ListConfig: reads('config.list', { template: 'string', namespace: 'string' }, { 'configs?': '[...{...}]' }),
  DeleteConfig: deletes('config.delete', named),
  ImageRegistry: plain(
    'config.image-registry',
    {
      registry: '*"index.docker.io" | string',
      'auth?': '{username: string, password: string, email?: string}',
      'insecure?': 'bool',
      'useHTTP?': 'bool',
    },
    judged,
  ),
  HelmRepository: plain(
    'config.helm-repository',
    { url: 'string', 'username?': 'string', 'password?': 'string', 'caFile?': 'string' },
    judged,
  ),
};
