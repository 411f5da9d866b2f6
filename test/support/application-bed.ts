import { evaluate, parse } from '@marcbachmann/cel-js';
import type { Application } from '../../pkg/apis/application.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { applicationRevisionResource } from '../../pkg/apis/application-revision.ts';
import type { ComponentDefinition } from '../../pkg/apis/component-definition.ts';
import { componentDefinitionResource } from '../../pkg/apis/component-definition.ts';
import type { KubeObject, Resource } from '../../machinery/src/meta.ts';
import type { Json, JsonObject } from '../../machinery/src/meta.ts';
import { definitionRevisionResource } from '../../pkg/apis/definition-revision.ts';
import { labels } from '../../pkg/apis/names.ts';
import { policyDefinitionResource } from '../../pkg/apis/policy-definition.ts';
import { policyResource } from '../../pkg/apis/policy.ts';
import { resourceTrackerResource } from '../../pkg/apis/resource-tracker.ts';
import type { TraitDefinition } from '../../pkg/apis/trait-definition.ts';
import { traitDefinitionResource } from '../../pkg/apis/trait-definition.ts';
import { workflowRunResource } from '../../pkg/apis/workflow-run.ts';
import { workflowResource } from '../../pkg/apis/workflow.ts';
import { workflowStepDefinitionResource } from '../../pkg/apis/workflow-step-definition.ts';
import { seededRandom } from '../../machinery/src/clock/clock.ts';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import type { ApplicationDeps, ApplicationOptions } from '../../pkg/controllers/application/deps.ts';
import { applicationMetrics } from '../../pkg/controllers/application/metrics.ts';
import { ApplicationReconciler } from '../../pkg/controllers/application/reconcile/reconciler.ts';
import { newRegistry } from '../../pkg/metrics/registry.ts';
import { CueEngine } from '../../pkg/render/cue/cue-engine.ts';
import type { StepActor, StepEnd } from '../../pkg/render/step.ts';
import type { Engine, ExpressionEngine, Template, TemplateInput } from '../../pkg/render/engine.ts';
import { FakeCluster } from './fake-kube-client.ts';
import { FakeWatch } from './fake-watch.ts';

const builtin = (group: string, version: string, kind: string, namespaced = true): Resource => ({
  group,
  version,
  kind,
  plural: `${kind.toLowerCase()}s`,
  namespaced,
});

export const deployments = builtin('apps', 'v1', 'Deployment');
export const services = builtin('', 'v1', 'Service');
export const configMaps = builtin('', 'v1', 'ConfigMap');
const namespaces = builtin('', 'v1', 'Namespace', false);

/** Templates as functions: the tests are about delivery, not about rendering. */
const templates: Readonly<Record<string, (input: TemplateInput) => JsonObject>> = {
  web: ({ parameter, context }) => ({
    output: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {},
      spec: { replicas: 1, selector: { app: context['name'] }, image: parameter['image'] },
    },
    outputs:
      parameter['port'] === undefined
        ? {}
        : {
            service: {
              apiVersion: 'v1',
              kind: 'Service',
              metadata: { name: context['name'] },
              spec: { port: parameter['port'] },
            },
          },
  }),
  named: ({ parameter }) => ({ output: sameObject(parameter['data']), outputs: {} }),
  twins: ({ parameter }) => {
    const [first, second] = parameter['values'] as readonly string[];
    return {
      output: sameObject({ k: first ?? '' }),
      outputs: { other: sameObject({ k: second ?? '' }) },
    };
  },
  halves: () => ({
    output: sameObject({ a: '1', k: '0' }),
    outputs: { other: sameObject({ b: '2', k: '0' }) },
  }),
  elsewhere: ({ context }) => ({
    output: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: context['name'] ?? '', namespace: 'own' } },
    outputs: {},
  }),
  'ref-objects': ({ parameter }) => ({
    output: (parameter['objects'] as unknown as readonly JsonObject[])[0] ?? {},
    outputs: {},
  }),
  strange: () => ({
    output: sameObject({}),
    outputs: { gone: { apiVersion: 'example.com/v1', kind: 'Gone', metadata: { name: 'gone' } } },
  }),
  config: ({ parameter }) => ({
    output: { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data: parameter['data'] },
    outputs: {},
  }),
};

const sameObject = (data: Json | undefined): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'same' },
  ...(data !== undefined && { data }),
});

const late = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late' }, data: {} };

export const fakeEngine: Engine = {
  render: ({ name }, input) => {
    if (input.parameter['broken'] !== undefined)
      return Promise.resolve({ ok: false, problems: ['broken: is not allowed'] });
    return Promise.resolve({ ok: true, value: templates[name]?.(input) as never });
  },
  renderTrait: ({ name }, { parameter, context }) => {
    if (name === 'late') {
      const { status } = (context['output'] ?? {}) as { readonly status?: { readonly collisionCount?: number } };
      const shown = { ...late, data: { ready: String(status?.collisionCount ?? 0) } };
      return Promise.resolve({
        ok: true,
        value: { ...context, patchedOutputs: {}, outputs: { late: shown } } as never,
      });
    }
    const output = context['output'] as KubeObject & { readonly spec: JsonObject };
    const scaled = { ...output, spec: { ...output.spec, replicas: parameter['replicas'] } };
    return Promise.resolve({ ok: true, value: { output: scaled, patchedOutputs: {}, outputs: {} } });
  },
  evaluateHealth: () => Promise.resolve(undefined),
  check: () => Promise.resolve([]),
  parameterSchema: () => Promise.resolve({ ok: true, value: {} }),
  declaredParameters: () => Promise.resolve({ ok: true, value: {} }),
};

/** Expressions of CEL, which needs no thread: the tests are about when they are evaluated. */
export const fakeExpressions: ExpressionEngine = {
  evaluate: (expression, fields) => {
    try {
      const value: unknown = evaluate(expression, fields);
      return Promise.resolve({ ok: true, value: (typeof value === 'bigint' ? Number(value) : value) as Json });
    } catch (error) {
      const problem = (error as Error).message;
      return Promise.resolve({ ok: false, problem, isFinal: !/unknown|no such key/i.test(problem) });
    }
  },
  check: (expression) => {
    try {
      parse(expression);
      return Promise.resolve(undefined);
    } catch (error) {
      return Promise.resolve((error as Error).message);
    }
  },
};

/** Policies are rendered as they are written. */
const policyEngine = new CueEngine();

const definitionMeta = (name: string) => ({ name, namespace: 'vela-system' });

export function componentDefinition(name: string): ComponentDefinition {
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'ComponentDefinition',
    metadata: definitionMeta(name),
    spec: { workload: { type: 'autodetects.core.oam.dev' }, schematic: { handlebars: { template: name } } },
  };
}

export const scaler: TraitDefinition = {
  apiVersion: 'core.oam.dev/v1beta1',
  kind: 'TraitDefinition',
  metadata: definitionMeta('scaler'),
  spec: { schematic: { handlebars: { template: 'scaler' } } },
};

/** A trait that comes only once its component is healthy. */
const lateTrait: TraitDefinition = {
  ...scaler,
  metadata: definitionMeta('late'),
  spec: { stage: 'PostDispatch', schematic: { handlebars: { template: 'late' } } },
};

/** What the flags say by default, nearly. */
export const applicationOptions: ApplicationOptions = {
  shard: undefined,
  compression: { trackers: '', revisions: '' },
  drainOnly: false,
  controllerVersion: 'v1',
  ignoreAppWithoutControllerVersion: false,
  systemDefinitionNamespace: 'vela-system',
  applicationRevisionLimit: 2,
  resyncPeriodMs: 300_000,
  maxDispatchConcurrent: 10,
  retry: { maxFailures: 10, maxWaitBackoffMs: 60_000, maxFailedBackoffMs: 300_000 },
  restrictions: { allowCrossNamespace: true, allowResourceTypes: '' },
  refObjectsScope: 'global',
  refObjectsFromUrls: true,
  policies: { applicationScoped: true, global: true },
  applyOnce: false,
  lateWriteMs: 15_000,
  defaultUser: undefined,
};

/** A Deployment is ready as soon as it is written, unless its image is called slow. */
export function readyAtOnce(object: KubeObject): KubeObject {
  if (object.kind !== 'Deployment') return object;
  const spec = object['spec'] as { replicas: number; image: string };
  const ready = spec.image === 'slow' ? 0 : spec.replicas;
  const status = {
    observedGeneration: object.metadata.generation,
    replicas: spec.replicas,
    updatedReplicas: ready,
    readyReplicas: ready,
    availableReplicas: ready,
  };
  return { ...object, status };
}

/** What a template of a step would do. */
export type StepTemplate = (actor: StepActor, input: TemplateInput) => Promise<StepEnd>;

/** A template with one action; its failure is that of the step. */
export const oneAction =
  (name: string, params: (input: TemplateInput) => JsonObject): StepTemplate =>
  async (actor, input) => {
    const result = await actor.perform({ name, params: params(input), label: 'act', isFlat: false });
    if (result.kind === 'returned' && result.waitsFor !== undefined)
      return { kind: 'waiting', message: result.waitsFor };
    if (result.kind === 'returned')
      return { kind: 'succeeded', produced: { act: { $returns: result.returns } }, message: '' };
    if (result.kind === 'failed') return { reason: 'Execute', ...result };
    return result.kind === 'suspended' ? { ...result, label: 'act' } : result;
  };

/** An application controller against a cluster in memory. */
export class ApplicationBed {
  readonly clock = new FakeClock();
  readonly cluster: FakeCluster;
  readonly events: string[] = [];
  /** Whether the controller sees what it delivered, as watches would show it. */
  watching = false;
  #options: ApplicationOptions;
  readonly #steps = new Map<string, StepTemplate>();
  readonly metrics = applicationMetrics(newRegistry());
  reconciler: ApplicationReconciler;

  constructor(options: Partial<ApplicationOptions> = {}, react: (object: KubeObject) => KubeObject = readyAtOnce) {
    this.#options = { ...applicationOptions, ...options };
    this.cluster = new FakeCluster({
      resources: [
        applicationResource,
        applicationRevisionResource,
        resourceTrackerResource,
        componentDefinitionResource,
        traitDefinitionResource,
        policyResource,
        policyDefinitionResource,
        definitionRevisionResource,
        workflowResource,
        workflowRunResource,
        workflowStepDefinitionResource,
        deployments,
        services,
        configMaps,
        builtin('', 'v1', 'Secret'),
        namespaces,
      ],
      now: () => this.clock.now(),
      react,
    });
    for (const name of ['web', 'config']) this.cluster.create(componentDefinitionResource, componentDefinition(name));
    this.cluster.create(traitDefinitionResource, scaler);
    this.cluster.create(traitDefinitionResource, lateTrait);
    this.reconciler = this.#newReconciler();
  }

  /** A new process, or another term: nothing is remembered. */
  restart(options: Partial<ApplicationOptions> = {}): void {
    this.#options = { ...this.#options, ...options };
    this.reconciler = this.#newReconciler();
  }

  /** Defines a type of steps by what its template would do. */
  defineStep(name: string, run: StepTemplate): void {
    this.#steps.set(name, run);
    this.cluster.create(workflowStepDefinitionResource, {
      apiVersion: 'core.oam.dev/v1beta1',
      kind: 'WorkflowStepDefinition',
      metadata: definitionMeta(name),
      spec: { schematic: { cue: { template: name } } },
    });
  }

  #runStep(template: Template, input: TemplateInput, actor: StepActor): Promise<StepEnd> {
    return this.#steps.get(template.name)?.(actor, input) ?? policyEngine.runStep(template, input, actor);
  }

  /** As `kubectl apply` of a whole Application does. */
  put(app: Application): void {
    const stored = this.cluster.find(applicationResource, { name: app.metadata.name ?? '', namespace: 'default' });
    if (!stored) {
      this.cluster.create(applicationResource, app);
      return;
    }
    const { labels = {}, annotations = {} } = app.metadata;
    this.cluster.replace(
      applicationResource,
      { ...stored, metadata: { ...stored.metadata, labels, annotations }, spec: app.spec },
      undefined,
    );
  }

  app(name = 'app'): Application | undefined {
    return this.cluster.find(applicationResource, { name, namespace: 'default' }) as Application | undefined;
  }

  remove(name = 'app'): void {
    this.cluster.delete(applicationResource, { name, namespace: 'default' }, {});
  }

  reconcile(name = 'app') {
    return this.reconciler.reconcile(`default/${name}`, new AbortController().signal);
  }

  /** Reconciles, letting time pass as asked for, until it asks for nothing but the resync. */
  async settle(name = 'app', limit = 50): Promise<void> {
    for (let i = 0; i < limit; i++) {
      const result = await this.reconcile(name);
      const { requeueAfterMs } = result;
      if (requeueAfterMs === undefined || requeueAfterMs >= this.#options.resyncPeriodMs) return;
      await this.clock.advance(requeueAfterMs);
    }
    throw new Error(`${name} does not settle: ${JSON.stringify(this.app(name)?.status)}`);
  }

  /** Everything but the definitions, as `Kind namespace/name`. */
  inventory(): readonly string[] {
    return this.cluster
      .all()
      .filter((o) => !o.kind.endsWith('Definition'))
      .map((o) => `${o.kind} ${o.metadata.namespace ? `${o.metadata.namespace}/` : ''}${o.metadata.name ?? ''}`)
      .sort();
  }

  /** The controller of another shard of the same cluster. */
  another(options: Partial<ApplicationOptions>): ApplicationReconciler {
    return this.#newReconciler({ ...this.#options, ...options });
  }

  #hasTrackers(key: string): boolean {
    const trackers = this.cluster.list(resourceTrackerResource, {});
    return trackers.some(
      ({ metadata: { labels: own = {} } }) => key === `${own[labels.appNamespace]}/${own[labels.appName]}`,
    );
  }

  #newReconciler(options = this.#options): ApplicationReconciler {
    return new ApplicationReconciler(this.deps(options));
  }

  /** What the controller is made from. */
  deps(options = this.#options): ApplicationDeps {
    return {
      client: this.cluster.client(),
      applications: {
        get: (namespace, name) =>
          this.cluster.find(applicationResource, { namespace, name }) as Application | undefined,
      },
      hasTrackers: options.shard === undefined ? (key) => this.#hasTrackers(key) : undefined,
      definitions: {
        get: (kind, namespace, name) => {
          const resource = { ...componentDefinitionResource, kind, plural: `${kind.toLowerCase()}s` };
          return this.cluster.find(resource, { namespace, name });
        },
        list: (kind, namespace) =>
          this.cluster.all().filter((o) => o.kind === kind && o.metadata.namespace === namespace),
      },
      engines: {
        handlebars: fakeEngine,
        cue: {
          ...fakeEngine,
          runStep: (template, input, actor) => this.#runStep(template, input, actor),
          render: (template, input) =>
            Object.hasOwn(templates, template.name)
              ? fakeEngine.render(template, input)
              : policyEngine.render(template, input),
          renderPolicy: (template, input, actor) => policyEngine.renderPolicy(template, input, actor),
        },
        expressions: fakeExpressions,
      },
      clusterVersion: { major: '1', minor: 36, gitVersion: 'v1.36.0', platform: 'linux/amd64' },
      clock: this.clock,
      random: seededRandom(1),
      events: { event: (_object, type, reason, message) => this.events.push(`${type} ${reason}: ${message}`) },
      delivered: new FakeWatch(this.cluster, () => this.watching),
      metrics: this.metrics,
      options,
    };
  }
}

/** An Application named `app` in `default`. */
export function application(spec: Application['spec'], metadata: Partial<KubeObject['metadata']> = {}): Application {
  return {
    apiVersion: 'core.oam.dev/v1beta1',
    kind: 'Application',
    metadata: { name: 'app', namespace: 'default', ...metadata },
    spec,
  };
}
