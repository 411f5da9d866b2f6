import type { Schema } from '../../../machinery/src/patch/schema.ts';
import { textOf } from '../contract/json.ts';
import { checkFields } from '../schema/decode.ts';
import { badRequest } from '../contract/errors.ts';

export interface DeleteOptionsBody {
  readonly kind?: unknown;
  readonly apiVersion?: unknown;
  readonly dryRun?: unknown;
  readonly gracePeriodSeconds?: unknown;
  readonly propagationPolicy?: unknown;
  readonly orphanDependents?: unknown;
  readonly preconditions?: { readonly uid?: unknown; readonly resourceVersion?: unknown } | null;
}

const text: Schema = { type: 'string' };

const schema: Schema = {
  type: 'object',
  properties: {
    kind: text,
    apiVersion: text,
    dryRun: { type: 'array', items: text },
    gracePeriodSeconds: { type: 'integer', format: 'int64' },
    propagationPolicy: text,
    orphanDependents: { type: 'boolean' },
    preconditions: { type: 'object', properties: { uid: text, resourceVersion: text } },
  },
};

/** The options in the body of a DELETE. Throws BadRequest when the body is something else. */
export function checkedDeleteOptions(body: unknown): DeleteOptionsBody {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest('DeleteOptions must be an object');
  }
  const options: DeleteOptionsBody = body;
  const { kind = 'DeleteOptions', apiVersion = 'v1' } = options;
  if (kind !== 'DeleteOptions') {
    const where = `version "${textOf(apiVersion)}" in scheme "pkg/runtime/scheme.go:111"`;
    throw badRequest(`no kind "${textOf(kind)}" is registered for ${where}`);
  }
  const [wrong] = checkFields(options, schema, 'DeleteOptions').mistyped;
  if (wrong !== undefined) throw badRequest(wrong);
  return options;
}
