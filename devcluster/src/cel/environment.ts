import { Environment } from '@marcbachmann/cel-js';
import { registerCollections } from './collections.ts';
import { registerComprehensions } from './comprehensions.ts';
import { registerNamedFormats } from './named-formats.ts';
import { registerNetwork } from './network.ts';
import { registerOptionals } from './optionals.ts';
import { registerOwnFunctions, withOwnFunctions } from './own-functions.ts';
import { registerQuantities } from './quantities.ts';
import { registerStrings } from './strings.ts';
import { withoutStructs } from './struct-literals.ts';
import { registerUrls } from './urls.ts';
import { registerVersions } from './versions.ts';

/** An expression ready to be evaluated; throws what the expression throws. */
export type Program = (variables: Readonly<Record<string, unknown>>) => unknown;

/** CEL with Kubernetes' libraries and the given variables, all of dynamic type. */
export function newEnvironment(variables: readonly string[]): Environment {
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  registerStrings(environment);
  registerOwnFunctions(environment);
  registerCollections(environment);
  registerQuantities(environment);
  registerNetwork(environment);
  registerUrls(environment);
  registerNamedFormats(environment);
  registerVersions(environment);
  registerComprehensions(environment);
  registerOptionals(environment);
  for (const name of variables) environment.registerVariable(name, 'dyn');
  return environment;
}

/** Compiles expressions over a fixed set of variables, each once. */
export class Compiler {
  readonly #environment: Environment;
  readonly #programs = new Map<string, Program>();
  readonly #limit: number;

  constructor(environment: Environment, limit = 5000) {
    this.#environment = environment;
    this.#limit = limit;
  }

  /** Throws when the expression is none. */
  compile(expression: string): Program {
    const known = this.#programs.get(expression);
    if (known) return known;
    const parsed = this.#environment.parse(withOwnFunctions(withoutStructs(expression)));
    const program: Program = (variables) => parsed({ ...variables }) as unknown;
    if (this.#programs.size >= this.#limit) this.#programs.clear();
    this.#programs.set(expression, program);
    return program;
  }
}
