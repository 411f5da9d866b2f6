import type { ServiceStatus } from '../../../apis/application-status.ts';
import type { Json } from '../../../../machinery/src/meta.ts';
import { mapBounded } from '../../../dispatch/bounded.ts';
import { getPath, parsePath, setPath } from '../../../workflow/path.ts';
import type { PlannedStep } from '../../../workflow/plan.ts';
import type { Outcome } from '../../../workflow/settle.ts';
import type { Variables } from '../../../workflow/variables.ts';
import { inputValue, outputValues } from '../../../workflow/variables.ts';
import { deliverComponent } from '../component/deliver.ts';
import { recordAhead } from '../component/early.ts';
import { keyOf, placements } from '../component/place.ts';
import { RenderProblem } from '../component/placement.ts';
import type { Placement } from '../component/placement.ts';
import type { Capabilities, Prepared } from '../stages.ts';

const defaultParallelism = 5;

/** Delivers components to the places that a step's policies name, each after those that it depends on there. */
export async function deploy(
  prepared: Prepared,
  step: PlannedStep,
  known: Variables,
  capabilities: Capabilities,
): Promise<{ readonly outcome: Outcome; readonly services: readonly ServiceStatus[] }> {
  const where = placements(step, prepared.parsed);
  if (!where.ok) return { outcome: { kind: 'failed', reason: 'Execute', message: where.problem }, services: [] };
  const parallelism = getPath(step.properties, ['parallelism']);
  const work = new Deployment(prepared, where.placements, known, capabilities);
  await work.run(typeof parallelism === 'number' && parallelism >= 1 ? parallelism : defaultParallelism);
  const { waiting, services, variables } = work;
  const outcome: Outcome =
    waiting.length > 0 ? { kind: 'waiting', message: waiting.join('; ') } : { kind: 'succeeded', variables };
  return { outcome, services };
}

/** One pass over the placements of a deploy step. */
class Deployment {
  readonly services: ServiceStatus[] = [];
  readonly #notReady = new Map<string, string>();
  readonly #ready = new Set<string>();
  readonly #placements: readonly Placement[];
  readonly #prepared: Prepared;
  readonly #capabilities: Capabilities;
  #variables: Variables;

  constructor(prepared: Prepared, list: readonly Placement[], known: Variables, capabilities: Capabilities) {
    this.#prepared = prepared;
    this.#placements = list;
    this.#variables = known;
    this.#capabilities = capabilities;
  }

  get waiting(): readonly string[] {
    const untried = this.#placements.filter((p) => !this.#ready.has(keyOf(p)) && !this.#notReady.has(keyOf(p)));
    return [...this.#notReady.values(), ...untried.map((p) => `${p.component.name} is waiting dependents`)];
  }

  get variables(): Variables {
    return this.#variables;
  }

  async run(parallelism: number): Promise<void> {
    for (;;) {
      const next = this.#placements.filter((p) => this.#isNext(p));
      if (next.length === 0) return;
      const filled = next.map((placement) => this.#filled(placement));
      await recordAhead(this.#prepared, filled, this.#capabilities);
      await mapBounded(next, parallelism, (placement) => this.#deliver(placement));
    }
  }

  #isNext(placement: Placement): boolean {
    const key = keyOf(placement);
    if (this.#ready.has(key) || this.#notReady.has(key)) return false;
    const { component, namespace, replicaKey = '' } = placement;
    const needs = (component.dependsOn ?? []).flatMap((name) => {
      const there = this.#placements.filter((p) => p.namespace === namespace && p.component.name === name);
      return there.find((p) => (p.replicaKey ?? '') === replicaKey) ?? there;
    });
    const inputs = (component.inputs ?? []).every((i) => inputValue(i, this.#variables, {}) !== undefined);
    return inputs && needs.every((other) => this.#ready.has(keyOf(other)));
  }

  async #deliver(placement: Placement): Promise<void> {
    const { component } = placement;
    const { service, produced, waitingFor } = await deliverComponent(
      this.#prepared,
      this.#filled(placement),
      this.#capabilities,
    );
    this.services.push(service);
    if (waitingFor !== undefined) {
      this.#notReady.set(keyOf(placement), `${component.name}: ${waitingFor}`);
      return;
    }
    const outputs = await outputValues(component.outputs ?? [], produced, this.#capabilities.deps.engines.expressions);
    if (outputs.invalid !== undefined) throw new RenderProblem(`component "${component.name}": ${outputs.invalid}`);
    this.#variables = { ...this.#variables, ...outputs.variables };
    this.#ready.add(keyOf(placement));
  }

  /** The placement with its component's inputs put in. */
  #filled(placement: Placement): Placement {
    const { component } = placement;
    const filled = (component.inputs ?? []).reduce<Json>(
      (target, input) => {
        const key = input.parameterKey ?? '';
        const path = parsePath(/^(properties\b|traits\[)/.test(key) ? key : `properties.${key}`);
        const value = inputValue(input, this.#variables, {});
        return path && key !== '' && value !== undefined ? setPath(target, path, value) : target;
      },
      component as unknown as Json,
    );
    return { ...placement, component: filled as unknown as Placement['component'] };
  }
}
