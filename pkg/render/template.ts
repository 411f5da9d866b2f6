import Handlebars from 'handlebars';
import type { JsonObject } from '../../machinery/src/meta.ts';
import { stripChainEnds } from './chained-else.ts';
import { checkOutputSize, newBudget, newHelpers } from './helpers.ts';
import { loadYaml } from './yaml.ts';

/** Renders to a JSON value; throws with a one-line message when the template fails or its output is not YAML. */
export type CompiledTemplate = (data: { readonly parameter: JsonObject; readonly context: JsonObject }) => unknown;

const forbidden: Readonly<Record<string, string>> = {
  PartialStatement: 'partials',
  PartialBlockStatement: 'partials',
  Decorator: 'decorators',
  DecoratorBlock: 'inline partials',
};

/** A Handlebars of its own, with our helpers only: nothing that another user of the library registers is seen. */
export class TemplateCompiler {
  readonly #handlebars = Handlebars.create();
  #budget = newBudget();

  constructor() {
    this.#handlebars.unregisterHelper('log');
    this.#handlebars.registerHelper({ ...newHelpers(() => this.#budget) } as Handlebars.HelperDeclareSpec);
  }

  /** Throws when the template does not parse. Partials are refused: they could call themselves without end. */
  compile(template: string): CompiledTemplate {
    const program = parse(template);
    const render = this.#handlebars.compile(program, { noEscape: true, strict: true });
    return (data) => {
      this.#budget = newBudget();
      return readYaml(checkOutputSize(oneLine(() => render(data))));
    };
  }
}

function parse(template: string): hbs.AST.Program {
  const program = oneLine(() => Handlebars.parse(template));
  const visitor = new Handlebars.Visitor();
  for (const [type, name] of Object.entries(forbidden)) {
    (visitor as unknown as Record<string, unknown>)[type] = (node: hbs.AST.Node) => {
      throw new Error(`template: line ${node.loc.start.line}: ${name} are not allowed`);
    };
  }
  visitor.accept(program);
  stripChainEnds(program);
  return program;
}

function oneLine<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new Error(`template: ${messageOf(error)}`, { cause: error });
  }
}

function readYaml(text: string): unknown {
  try {
    return loadYaml(text);
  } catch (error) {
    const { reason, mark } = error as { reason?: string; mark?: { line: number; column: number; buffer: string } };
    const line = mark && text.split('\n')[mark.line]?.trim().slice(0, 80);
    const where = line === undefined ? '' : `: ${line}`;
    throw new Error(`template: the output is not YAML: ${reason ?? messageOf(error)}${where}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  const text = (error as { message?: unknown }).message;
  const [first = '', , , fourth] = (typeof text === 'string' ? text : String(error)).split('\n');
  // Parse errors show the place on the lines between; the last line says what was expected.
  return fourth === undefined ? first : `${first} ${fourth}`;
}
