import type { ActionPackage } from './spec.ts';
import { applies, reads, refused } from './spec.ts';

/** Actions on the Application itself, and queries about what it delivered. */

const where = { cluster: '*"" | string', env: '*"" | string', namespace: '*"" | string' };
const component = { ...where, value: '{...}', 'patch?': '{...}' };
const rendered = { 'output?': '{...}', 'outputs?': '{...}' };
const ofApp = { 'app?': 'string' };

const load = reads('oam.load', ofApp, { 'value?': '{...}' });
const loadInOrder = reads('oam.load-in-order', ofApp, { 'value?': '[...{...}]' });

export const oam: ActionPackage = {
  ApplyComponent: applies('oam.apply-component', { ...component, waitHealthy: '*true | bool' }, rendered),
  RenderComponent: reads('oam.render-component', component, rendered),
  // the name as KubeVela has it
  LoadComponets: load,
  LoadComponetsInOrder: loadInOrder,
  LoadPolicies: reads('oam.load-policies', ofApp, { 'value?': '{...}' }),
  ApplyApplicationInParallel: applies('oam.apply-application', { waitHealthy: 'false' }),
};

/** What only the older package has. */
export const olderOam: ActionPackage = {
  Load: load,
  LoadInOrder: loadInOrder,
  ApplyApplication: applies('oam.apply-application', { waitHealthy: 'true' }),
  ApplyRemaining: applies('oam.apply-remaining', { 'exceptions?': '[...string]' }),
  ApplyComponentRemaining: applies('oam.apply-component-remaining', {
    'exceptions?': '[...string]',
    component: 'string',
  }),
};

const placements = reads(
  'multicluster.placements',
  { policies: '[...string]' },
  { 'placements?': '[...{cluster: string, namespace: string}]' },
);

export const multicluster: ActionPackage = {
  Deploy: applies('multicluster.deploy', {
    policies: '[...string]',
    parallelism: '*5 | int',
    ignoreTerraformComponent: '*true | bool',
    inlinePolicies: '*[] | [...{...}]',
  }),
  ListClusters: reads('multicluster.clusters', {}, { 'outputs?': '{clusters: [...string]}' }),
  GetPlacementsFromTopologyPolicies: placements,
  // the name as KubeVela has it
  GetPlacementsFromTmulticlusterologyPolicies: placements,
};

const environments =
  'the parts of ApplyEnvBindApp are not performed alone; use it, or topology and override policies in a deploy step';
const ofEnvironment = { env: 'string', policy: '*"" | string', namespace: '*"" | string' };
const terraform = 'Terraform components are not evaluated; run Terraform outside and refer to its results';

export const terraformPackage: ActionPackage = {
  LoadTerraformComponents: refused('terraform.load', terraform),
  GetConnectionStatus: refused('terraform.status', terraform),
};

export const helm: ActionPackage = {
  Render: refused(
    'helm.render',
    'charts are not rendered by the controller; deliver them with an addon such as fluxcd',
  ),
};

/** What only the older package has: the environments of env-binding policies. */
export const olderEnvironments: ActionPackage = {
  ApplyEnvBindApp: applies('multicluster.apply-environment', {
    ...ofEnvironment,
    app: '*"" | string',
    parallel: '*false | bool',
  }),
  DeployCloudResource: applies('terraform.apply-environment', { ...ofEnvironment, name: '*"" | string' }),
  ShareCloudResource: applies('terraform.apply-environment', {
    ...ofEnvironment,
    name: '*"" | string',
    placements: '[...{namespace?: string, cluster?: string}]',
  }),
};

/** Of the older package, with the reason why they are not performed. */
export const olderRefused: ActionPackage = {
  ...Object.fromEntries(
    [
      'MakePlacementDecisions',
      'PatchApplication',
      'LoadEnvBindingEnv',
      'PrepareEnvBinding',
      'ApplyComponentsToEnv',
    ].map((name) => [name, refused(`multicluster.${name}`, environments)]),
  ),
  ...Object.fromEntries(
    ['PrepareTerraformEnvBinding', 'LoadTerraformComponents', 'GetConnectionStatus'].map((name) => [
      name,
      refused(`terraform.${name}`, terraform),
    ]),
  ),
};

const app = { app: '{name: string, namespace: string, filter?: {...}, withStatus?: bool, withTree?: bool, ...}' };
const withTree = {
  app: '{name: string, namespace: string, filter?: {...}, withStatus?: bool, withTree: *true | bool, ...}',
};
const list = { 'list?': '[...{...}]', 'err?': 'string' };
const logs = {
  cluster: '*"" | string',
  namespace: 'string',
  pod: 'string',
  options: '{container: string, ...}',
};

export const query: ActionPackage = {
  ListResourcesInApp: reads('query.resources', app, list),
  ListAppliedResources: reads('query.applied', app, list),
  CollectPods: reads('query.pods', app, list),
  CollectServices: reads('query.services', app, list),
  CollectServiceEndpoints: reads('query.endpoints', withTree, list),
  GetApplicationTree: reads('query.applied', app, list),
  SearchEvents: reads('query.events', { value: '{...}', cluster: '*"" | string' }, list),
  CollectLogsInPod: reads('query.logs', logs, { 'outputs?': '{...}' }),
};

/** Groups of fields; they do nothing by themselves. */
export const groups: readonly string[] = ['Steps'];
