import type { Json, KubeObject } from '../../../machinery/src/meta.ts';
import { applyJsonPatch } from '../../../machinery/src/patch/json-patch.ts';
import { applyMergePatch } from '../../../machinery/src/patch/merge-patch.ts';
import { deepCopy } from '../../../machinery/src/patch/json.ts';
import { PatchError } from '../../../machinery/src/patch/patch-error.ts';
import { applyStrategicMerge } from '../../../machinery/src/patch/strategic-merge.ts';
import { badRequest, serverError } from '../contract/errors.ts';
import { parseJson } from './body.ts';
import { StatusError } from '../contract/status-error.ts';
import type { ServedResource } from './served-resource.ts';

export type PatchType = 'json' | 'merge' | 'strategic';

export const patchTypes = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
} as const;

/** The object that a patch makes of the live one; free to change. Throws what kube-apiserver answers to a bad patch. */
export function patched(type: PatchType, live: KubeObject, patch: unknown, resource: ServedResource): unknown {
  try {
    switch (type) {
      case 'json':
        return applyJsonPatch(deepCopy(live) as unknown as Json, patch);
      case 'merge':
        if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) {
          throw badRequest('error decoding patch: a merge patch must be an object');
        }
        return applyMergePatch(deepCopy(live) as unknown as Json, patch as Json);
      case 'strategic':
        return applyStrategicMerge(deepCopy(live), patch, resource.schema);
    }
  } catch (error) {
    throw refused(error);
  }
}

const mostOperations = 10_000;

/** The patch in a body. Throws BadRequest for a body that is no JSON, RequestEntityTooLarge for too many operations. */
export function parsePatch(text: string, type: PatchType): unknown {
  const prefix = type === 'json' ? 'error decoding patch: ' : '';
  let patch: unknown;
  try {
    patch = parseJson(text);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw badRequest(`${prefix}${syntaxProblem(text)}`);
  }
  if (type === 'json' && Array.isArray(patch) && patch.length > mostOperations) {
    const limit = `The allowed maximum operations in a JSON patch is ${mostOperations}, got ${patch.length}`;
    throw new StatusError({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: `Request entity too large: ${limit}`,
      details: {},
    });
  }
  return patch;
}

/** What Go says of a text that is no JSON value. */
function syntaxProblem(text: string): string {
  const first = text.trimStart().charAt(0);
  if (first === '') return 'unexpected end of JSON input';
  if (/[\[{"0-9-]/.test(first)) return 'invalid character in JSON input';
  // language: allow, Go's words
  return `invalid character '${first}' looking for beginning of value`;
}

/** The answer to a patch that cannot be applied. */
export function refused(error: unknown): unknown {
  if (!(error instanceof PatchError)) return error;
  switch (error.reason) {
    case 'MalformedPatch':
      return badRequest(error.message);
    case 'NotApplicable':
      return new StatusError({
        code: 422,
        reason: 'Invalid',
        message: 'the server rejected our request due to an error in our request',
        details: {},
      });
    case 'UnknownDirective':
    case 'SchemaViolation':
      return serverError(error.message);
  }
}
