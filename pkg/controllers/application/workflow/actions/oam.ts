import { applicationResource } from '../../../../apis/application.ts';
import type { Application, Component } from '../../../../apis/application.ts';
import type { Json, JsonObject, KubeObject } from '../../../../../machinery/src/meta.ts';
import { namedPolicies } from '../../../../appfile/parse.ts';
import type { NamedPolicy } from '../../../../appfile/parse.ts';
import { mapBounded } from '../../../../dispatch/bounded.ts';
import { isMap } from '../../../../../machinery/src/patch/json.ts';
import type { ActionResult } from '../../../../render/step.ts';
import { deliverComponent } from '../../component/deliver.ts';
import type { ComponentOutcome } from '../../component/deliver.ts';
import { deploy } from '../deploy.ts';
import { topologyNamespaces } from '../../component/place.ts';
import type { Placement } from '../../component/placement.ts';
import { localCluster } from '../../component/placement.ts';
import { renderWhole, stepManifest } from '../../component/render.ts';
import type { Prepared } from '../../stages.ts';
import type { ActionContext, Perform, Performers } from './context.ts';
import { returned, textList, textParam, wrongTemplate } from './params.ts';

const parallelComponents = 5;

const applyComponent: Perform = async (params, context, { label }) => {
  const placement = placementIn(params, context.prepared);
  if (!placement) return wrongTemplate(`${label}: value needs name and type of a component`);
  if (params['patch'] !== undefined)
    return wrongTemplate(`${label}: patch is not supported here; patch the component with a trait json-merge-patch`);
  const delivered = await deliver(placement, context);
  const returns = { kind: 'returned', returns: delivered.produced } as const;
  if (params['waitHealthy'] === false || delivered.waitingFor === undefined) return returns;
  return { ...returns, waitsFor: 'wait healthy' };
};

const renderComponent: Perform = async (params, context, { label }) => {
  const placement = placementIn(params, context.prepared);
  if (!placement) return wrongTemplate(`${label}: value needs name and type of a component`);
  if (params['patch'] !== undefined)
    return wrongTemplate(`${label}: patch is not supported here; patch the component with a trait json-merge-patch`);
  return returned(await rendered(placement, context));
};

async function rendered(placement: Placement, { prepared, capabilities }: ActionContext) {
  const { workload, objects } = await renderWhole(prepared, placement, capabilities);
  const outputs = Object.fromEntries(objects.map(({ resource, object }) => [resource, object]));
  return { ...(workload && { output: workload }), outputs };
}

/** Applies components at once; waits for all of them unless that is not wanted. */
async function applyComponents(
  components: readonly Component[],
  waitHealthy: boolean,
  context: ActionContext,
): Promise<ActionResult> {
  const namespace = context.prepared.app.metadata.namespace ?? '';
  const outcomes = await mapBounded(components, parallelComponents, (component) =>
    deliver({ component, namespace }, context),
  );
  const waiting = outcomes.flatMap(({ waitingFor, service }) =>
    waitingFor === undefined ? [] : [`${service.name}: ${waitingFor}`],
  );
  const produced = outcomes.map((o) => [o.service.name, o.produced] as const);
  const result = { kind: 'returned', returns: { components: Object.fromEntries(produced) } } as const;
  return waitHealthy && waiting.length > 0 ? { ...result, waitsFor: waiting.join('; ') } : result;
}

async function deliver(
  placement: Placement,
  { prepared, capabilities, services }: ActionContext,
): Promise<ComponentOutcome> {
  const delivered = await deliverComponent(prepared, placement, capabilities);
  services.push(delivered.service);
  return delivered;
}

/** A component without one of its objects: these are for other steps to apply. */
const applyComponentRemaining: Perform = async (params, context, { label }) => {
  const { prepared, capabilities } = context;
  const name = textParam(params, 'component');
  const component = prepared.parsed.components.find((one) => one.name === name);
  if (!component) return wrongTemplate(`${label}: there is no component "${name}"`);
  const exceptions = textList(params['exceptions']);
  const { output, outputs } = await rendered({ component, namespace: prepared.app.metadata.namespace ?? '' }, context);
  const others = Object.entries(outputs).flatMap(([key, object]) => (exceptions.includes(key) ? [] : [object]));
  const objects: readonly KubeObject[] = [...(output ? [output] : []), ...others];
  await capabilities.keeper.dispatch(
    objects.map((object) => stepManifest(prepared, object)),
    capabilities.signal,
  );
  return returned({});
};

function placementIn(params: JsonObject, { app }: Prepared): Placement | undefined {
  const { value } = params;
  if (!isMap(value) || typeof value['name'] !== 'string' || typeof value['type'] !== 'string') return undefined;
  const named = textParam(params, 'namespace');
  const cluster = textParam(params, 'cluster');
  return {
    component: value as unknown as Component,
    namespace: named === '' ? (app.metadata.namespace ?? '') : named,
    isNamespaceNamed: named !== '',
    ...(cluster !== '' && { cluster }),
  };
}

/** The Application that an action names, of the same namespace; this one when it names none. */
async function namedApplication(params: JsonObject, { prepared, capabilities }: ActionContext): Promise<Application> {
  const name = textParam(params, 'app');
  const { app } = prepared;
  const { author, signal } = capabilities;
  if (name === '' || name === app.metadata.name) return app;
  const { namespace } = app.metadata;
  return author.get<Application>(applicationResource, { name, namespace }, { signal });
}

const bare = (component: Component): JsonObject =>
  Object.fromEntries(Object.entries(component).filter(([key]) => key !== 'inputs' && key !== 'outputs'));

const deployAction: Perform = async (params, { prepared, capabilities, run, step, variables, services }) => {
  const inline = Array.isArray(params['inlinePolicies']) ? (params['inlinePolicies'] as readonly Json[]) : [];
  const policies = inline.map((policy, i) => inlinePolicy(policy as unknown as NamedPolicy, i));
  const parsed = { ...prepared.parsed, policies: [...prepared.parsed.policies, ...policies] };
  const names = [...textList(params['policies']), ...policies.map(({ name }) => name)];
  const deployed = await deploy(
    { ...prepared, parsed },
    { ...step, properties: { ...params, policies: names } },
    { ...run.variables, ...variables },
    capabilities,
  );
  services.push(...deployed.services);
  const { outcome } = deployed;
  switch (outcome.kind) {
    case 'succeeded':
      Object.assign(variables, outcome.variables);
      return returned({});
    case 'waiting':
      return { kind: 'returned', returns: {}, waitsFor: outcome.message };
    case 'failed':
      return wrongTemplate(outcome.message);
    case 'suspended':
      return outcome;
  }
};

const inlinePolicy = (policy: NamedPolicy, index: number): NamedPolicy => ({
  ...policy,
  name: policy.name ? policy.name : `inline-${policy.type}-policy-${index}`,
});

/** Actions on the components and policies of Applications. */
export const applicationActions: Performers = {
  'oam.apply-component': applyComponent,
  'oam.render-component': renderComponent,
  'oam.load': async (params, context) => {
    const { components } = (await namedApplication(params, context)).spec;
    return returned({ value: Object.fromEntries(components.map((one) => [one.name, bare(one)])) });
  },
  'oam.load-in-order': async (params, context) =>
    returned({ value: (await namedApplication(params, context)).spec.components.map(bare) }),
  'oam.load-policies': async (params, context) => {
    const policies = namedPolicies((await namedApplication(params, context)).spec.policies ?? []);
    return returned({ value: Object.fromEntries(policies.map((policy) => [policy.name, policy])) });
  },
  'oam.apply-application': (params, context) =>
    applyComponents(context.prepared.parsed.components, params['waitHealthy'] !== false, context),
  'oam.apply-remaining': (params, context) => {
    const exceptions = textList(params['exceptions']);
    const { components } = context.prepared.parsed;
    return applyComponents(
      components.filter(({ name }) => !exceptions.includes(name)),
      true,
      context,
    );
  },
  'oam.apply-component-remaining': applyComponentRemaining,
  'multicluster.deploy': deployAction,
  'multicluster.clusters': () => returned({ outputs: { clusters: ['local'] } }),
  'multicluster.placements': ({ policies }, { prepared: { app, parsed } }) => {
    const namespaces = topologyNamespaces(textList(policies), parsed);
    const all = namespaces.length > 0 ? namespaces : [{ namespace: app.metadata.namespace ?? '' }];
    return returned({ placements: all.map(({ namespace }) => ({ cluster: localCluster, namespace })) });
  },
};
