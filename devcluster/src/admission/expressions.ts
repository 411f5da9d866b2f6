import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import { Compiler, newEnvironment, type Program } from '../cel/environment.ts';
import { toLazyCel } from '../cel/values.ts';
import type { Authorizer } from '../contract/user.ts';
import { recordsOf, textOf } from '../contract/json.ts';
import type { AdmissionRequest } from '../contract/admission.ts';
import { AuthorizerCheck, registerAuthorizer } from './authorizer-cel.ts';
import { inVersion, requestFacts } from './request-view.ts';

const names = ['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables'];

/** What stands before the dot of `jsonpatch.escapeKey`. */
class JsonPatchFunctions {
  readonly name = 'jsonpatch';
}

function newAdmissionCompiler(): Compiler {
  const environment = newEnvironment(names);
  registerAuthorizer(environment);
  environment
    .registerType('kubernetes.JSONPatchFunctions', JsonPatchFunctions)
    .registerConstant('jsonpatch', 'kubernetes.JSONPatchFunctions', new JsonPatchFunctions())
    .registerFunction('kubernetes.JSONPatchFunctions.escapeKey(string): string', (_: JsonPatchFunctions, key: string) =>
      key.replaceAll('~', '~0').replaceAll('/', '~1'),
    );
  return new Compiler(environment);
}

const compiler = newAdmissionCompiler();

/** Compiles an expression over the variables of admission; throws when it is none. */
export function compileExpression(expression: string): Program {
  return compiler.compile(expression);
}

export type Variables = Readonly<Record<string, unknown>>;

/** What expressions about a request may ask. */
export interface ExpressionContext {
  readonly request: AdmissionRequest;
  /** The version in which rules matched. */
  readonly matched: Resource;
  readonly namespaceObject: KubeObject | undefined;
  readonly authorizer: Authorizer | undefined;
  readonly params?: KubeObject | undefined;
}

/** The variables of expressions: what is absent is null. */
export function variablesOf({
  request,
  matched,
  namespaceObject,
  authorizer,
  params,
}: ExpressionContext): Record<string, unknown> {
  const own = request.resource;
  return {
    object: toLazyCel(inVersion(request.object, own, matched) ?? null),
    oldObject: toLazyCel(inVersion(request.oldObject, own, matched) ?? null),
    request: toLazyCel(requestFacts(request, matched, '')),
    params: toLazyCel(params ?? null),
    namespaceObject: toLazyCel(namespaceObject ?? null),
    variables: {},
    authorizer: new AuthorizerCheck(authorizer, { user: request.user, verb: '' }),
  };
}

export type Conditions = { readonly matches: boolean } | { readonly matches: 'error'; readonly message: string };

/** Whether all match conditions of a webhook or policy hold. One that is false decides, whatever others fail. */
export function conditionsHold(conditions: unknown, variables: () => Variables): Conditions {
  const errors: string[] = [];
  for (const { name, expression } of recordsOf(conditions)) {
    try {
      if (compileExpression(textOf(expression))(variables()) !== true) return { matches: false };
    } catch (error) {
      errors.push(
        `expression '${textOf(expression)}' resulted in error: ${explain(error)} (match condition ${JSON.stringify(textOf(name))})`,
      );
    }
  }
  return errors.length === 0 ? { matches: true } : { matches: 'error', message: errors.join(', ') };
}

/** What an expression failed of, in one line. */
export function explain(error: unknown): string {
  const summary = typeof error === 'object' && error !== null && 'summary' in error ? error.summary : undefined;
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  const text = String(typeof summary === 'string' ? summary : message).split('\n')[0] ?? '';
  return text.replace(/^No such key: /, 'no such key: ');
}
