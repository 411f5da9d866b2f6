import type { JsonObject } from '../../../machinery/src/meta.ts';
import type { Engine, Health, PolicyEngine, Rendered, StepEngine, Template, TemplateInput, TemplateObjects, TraitEffect } from '../engine.ts'; // prettier-ignore
import type { Clock } from '../../../machinery/src/clock/clock.ts';
import type { StepActor, StepEnd } from '../step.ts';
import type { CueEngineOptions } from './cue-engine.ts';
import { CueEngine } from './cue-engine.ts';
import { exceedsLoop, loopSteps } from './templates.ts';
import { EvaluationThread } from './thread-client.ts';
import type { Method } from './thread-protocol.ts';

interface ThreadedOptions extends CueEngineOptions {
  readonly clock: Clock;
  /** The program of the thread. */
  readonly program?: URL;
}

const maxRemembered = 100;
const keyOf = (method: Method, template: Template): string => JSON.stringify([method, template]);
const noInput: TemplateInput = { parameter: {}, context: {} };

/**
 * Evaluates on the event loop what takes some milliseconds, and everything else in a thread: Leases are renewed on the
 * loop. A template that took long once goes to the thread at once.
 */
export class ThreadedCueEngine implements Engine, StepEngine, PolicyEngine {
  readonly #loop: CueEngine;
  readonly #thread: EvaluationThread;
  readonly #long = new Set<string>();

  constructor({ clock, program, ...options }: ThreadedOptions) {
    this.#loop = new CueEngine({ ...options, steps: loopSteps });
    this.#thread = new EvaluationThread(clock, options, program);
  }

  render(template: Template, input: TemplateInput): Promise<Rendered<TemplateObjects>> {
    return this.#evaluate('render', template, { input });
  }

  renderTrait(template: Template, input: TemplateInput): Promise<Rendered<TraitEffect>> {
    return this.#evaluate('renderTrait', template, { input });
  }

  evaluateHealth(template: Template, input: TemplateInput): Promise<Health | undefined> {
    return this.#evaluate('evaluateHealth', template, { input });
  }

  /** Actions that were performed before the step went to the thread are performed again. */
  runStep(template: Template, input: TemplateInput, actor: StepActor): Promise<StepEnd> {
    return this.#evaluate('runStep', template, { input, actor });
  }

  renderPolicy(template: Template, input: TemplateInput, actor: StepActor): Promise<Rendered<JsonObject>> {
    return this.#evaluate('renderPolicy', template, { input, actor });
  }

  check(template: Template): Promise<readonly string[]> {
    return this.#evaluate('check', template, { input: noInput });
  }

  parameterSchema(template: Template): Promise<Rendered<JsonObject>> {
    return this.#evaluate('parameterSchema', template, { input: noInput });
  }

  declaredParameters(template: Template): Promise<Rendered<JsonObject>> {
    return this.#evaluate('declaredParameters', template, { input: noInput });
  }

  /** Ends the thread. */
  close(): Promise<void> {
    return this.#thread.close();
  }

  async #evaluate<T>(
    method: Method,
    template: Template,
    { input, actor }: { readonly input: TemplateInput; readonly actor?: StepActor },
  ): Promise<T> {
    if (this.#long.size === 0 || !this.#long.has(keyOf(method, template))) {
      try {
        const run = this.#loop[method].bind(this.#loop) as (...given: readonly unknown[]) => Promise<T>;
        return await run(template, input, actor);
      } catch (error) {
        if (!exceedsLoop(error)) throw error;
        if (this.#long.size >= maxRemembered) this.#long.clear();
        this.#long.add(keyOf(method, template));
      }
    }
    return this.#thread.run({ method, template, input }, actor);
  }
}
