import { schematicOf } from '../apis/definition.ts';
import type { JsonObject, KubeObject } from '../../machinery/src/meta.ts';
import type { Schematic, StatusExpressions } from '../apis/definition.ts';
import type { RenderContext } from './context.ts';
import { contextData } from './context.ts';
import type { Engines, Health } from './engine.ts';
import { engineFor } from './engine.ts';
import { workloadHealth } from './workload-health.ts';

export interface HealthQuestion {
  /** A component asks about its workload, a trait about its outputs. */
  readonly of: 'component' | 'trait';
  readonly definition: {
    readonly metadata: { readonly name?: string };
    readonly spec: { readonly schematic?: Schematic; readonly status?: StatusExpressions };
  };
  /** The properties of the component or trait. */
  readonly parameter: JsonObject;
  readonly context: RenderContext;
  /** The live workload; undefined when it is missing. */
  readonly workload: KubeObject | undefined;
  /** Live objects by outputs key; missing ones are left out. */
  readonly outputs: Readonly<Record<string, KubeObject>>;
}

/**
 * Returns whether a component's workload, or a trait, is healthy, and the text to show.
 *
 * A definition's own expressions decide. Without any, the workload is judged by the rule of its kind (kinds without a
 * rule are healthy), and a trait is healthy. A missing workload is unhealthy.
 */
export async function evaluateHealth(question: HealthQuestion, engines: Engines): Promise<Health> {
  const { definition, workload, context, outputs, parameter } = question;
  if (question.of === 'component' && !workload) return { healthy: false, message: '' };
  const template = {
    name: definition.metadata.name ?? '',
    schematic: schematicOf(definition.spec),
    status: definition.spec.status,
  };
  const engine = engineFor(template, engines);
  if (engine.ok) {
    const data = { ...contextData(context), ...(workload && { output: workload }), outputs } as unknown as JsonObject;
    const health = await engine.value.evaluateHealth(template, { parameter, context: data });
    if (health) return health;
  }
  return question.of === 'component' && workload ? workloadHealth(workload) : { healthy: true, message: '' };
}
