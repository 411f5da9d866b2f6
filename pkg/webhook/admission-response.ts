import jsonPatch from 'fast-json-patch';
import type { AdmissionAnswer, AdmissionRequest } from './admission-review.ts';

/** The AdmissionReview that answers a request; every message ends in the request's uid. */
export function reviewOf(apiVersion: string, request: AdmissionRequest, answer: AdmissionAnswer): object {
  const { uid } = request;
  const warnings = answer.warnings?.length ? { warnings: answer.warnings } : {};
  const response = answer.allowed
    ? { uid, allowed: true, ...patchOf(request, answer.object), ...warnings }
    : { uid, allowed: false, status: refusal(answer.code, `${answer.message} (requestUID=${uid})`), ...warnings };
  return { apiVersion, kind: 'AdmissionReview', response };
}

const reasons = { 400: 'BadRequest', 403: 'Forbidden' } as const;

function refusal(code: 400 | 403, message: string): object {
  return { status: 'Failure', message, reason: reasons[code], code };
}

/** The JSON patch from the object of the request to the changed one; nothing when nothing changed. */
function patchOf(request: AdmissionRequest, changed: object | undefined): object {
  if (!changed || !request.object) return {};
  const operations = jsonPatch.compare(request.object, changed);
  if (operations.length === 0) return {};
  return { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') };
}
