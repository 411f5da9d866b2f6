import type { JsonObject } from '../../apis/meta.ts';
import type { TemplateInput } from '../engine.ts';
import type { TopLevel } from './declarations.ts';
import { asDefinitions } from './declarations.ts';
import { isPackage, packageText } from './packages.ts';
import type { CueSource } from './source.ts';

/** The struct around the template: hidden, so that only what is asked for must be concrete. */
const scope = '_template';

/** What the template is given; it is never among what it yields. */
const inputs = ['parameter', 'context'];

/**
 * Returns a CUE file whose value is the given fields of the template, as far as it has them, for an input; all fields
 * when none are named. The template may be open about everything else: what is not asked for is never exported.
 */
export function programFor(source: CueSource, input: TemplateInput, fields?: readonly string[]): string {
  const { parameter, context } = input;
  const given = [`parameter: ${JSON.stringify(parameter)}`, `context: ${JSON.stringify(readBy(source, context))}`];
  return file(source.imports, [source.body, ...given], fields ? among(fields) : notAmong(inputs));
}

/** A CUE file whose value is `parameter`, with the template's defaults; errors in it are about the parameters only. */
export function programForParameter({ imports, parameters }: CueSource, { parameter, context }: TemplateInput): string {
  const declared = parameters.map(({ text }) => text);
  const readsContext = parameters.some(({ words }) => words.has('context'));
  const given = [`parameter: ${JSON.stringify(parameter)}`, `context: ${JSON.stringify(readsContext ? context : {})}`];
  return file(usedBy(parameters, imports), [...declared, ...given], among(['parameter']));
}

/** A CUE file that compiles when the template does, whatever it will be given. */
export function programToCheck({ imports, body, parameters }: CueSource): string {
  const isDeclared = parameters.some(({ name }) => name === 'parameter');
  const packages = imports.flatMap((specification) => packageText(specification) ?? []);
  const given = ['context: _', ...(isDeclared ? [] : ['parameter: _'])];
  return file(
    imports.filter((one) => !isPackage(one)),
    [body, ...packages, ...given],
    'false',
  );
}

/**
 * A CUE file that only holds definitions, which is all that has a schema; `#parameter` is what the template says of its
 * parameters. Defaults that come from the context are unknown.
 */
export function programForSchema({ imports, parameters }: CueSource): string {
  const readsContext = parameters.some(({ words }) => words.has('context'));
  const context = readsContext ? ['let context = {...}'] : [];
  return [...usedBy(parameters, imports).map(importing), ...context, ...asDefinitions(parameters)].join('\n');
}

/** A CUE file with one field `result`: the value at a path into the template, or the names of the fields there. */
export function programForPath(
  source: CueSource,
  { parameter, context }: TemplateInput,
  { path, wanted }: { readonly path: readonly string[]; readonly wanted: 'value' | 'keys' },
): string {
  const at = scope + path.map((key) => `[${JSON.stringify(key)}]`).join('');
  const given = [`parameter: ${JSON.stringify(parameter)}`, `context: ${JSON.stringify(readBy(source, context))}`];
  return [
    ...source.imports.map(importing),
    `${scope}: {`,
    source.body,
    ...given,
    '}',
    `result: ${wanted === 'value' ? at : `[for k, _ in ${at} {k}]`}`,
    '',
  ].join('\n');
}

/** `wanted` is a condition on `k`, the name of a field of the template. */
function file(imports: readonly string[], body: readonly string[], wanted: string): string {
  return [
    ...imports.map(importing),
    `${scope}: {`,
    ...body,
    '}',
    `{for k, v in ${scope} if ${wanted} {"\\(k)": v}}`,
    '',
  ].join('\n');
}

const importing = (specification: string): string => `import ${specification}`;
const among = (fields: readonly string[]): string =>
  fields.map((field) => `k == ${JSON.stringify(field)}`).join(' || ');
const notAmong = (fields: readonly string[]): string =>
  fields.map((field) => `k != ${JSON.stringify(field)}`).join(' && ');

/** CUE refuses imports that are not used. */
function usedBy(declarations: readonly TopLevel[], imports: readonly string[]): readonly string[] {
  return imports.filter((specification) => declarations.some(({ words }) => words.has(importedName(specification))));
}

/** The name by which a template knows what it imports. */
export function importedName(specification: string): string {
  const [, alias, path = ''] = /^(?:(\S+) )?"(.*)"$/.exec(specification) ?? [];
  return alias ?? path.slice(path.lastIndexOf('/') + 1);
}

function readBy({ contextFields }: CueSource, context: JsonObject): JsonObject {
  if (!contextFields) return context;
  return Object.fromEntries(Object.entries(context).filter(([field]) => contextFields.has(field)));
}

/** An error of the compiler in the words of somebody who knows the template, and nothing of the struct around it. */
export function readable(error: string): string {
  return error
    .replace(/^cue: marshal error: /, '')
    .replaceAll(`${scope}.`, '')

    .replaceAll(`${scope}: `, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** What is wrong with the parameters, in the words of somebody who wrote the properties of an Application. */
export function parameterProblem(error: string): string {
  return readable(error)
    .replace(/ \(and \d+ more errors\)$/, '')
    .replace(/^parameter(?=[.:])/, 'properties')
    .replace(/\.(\d+)(?=[.:])/g, '[$1]')
    .replace(/: cannot convert incomplete value "(.*)" to JSON$/, ': is required ($1)')
    .replace(/: \d+ errors in empty disjunction:$/, ': is none of what the definition allows');
}
