import type { Resource, Status } from '../../../machinery/src/meta.ts';
import { isRecord, recordOf, textOf, type JsonRecord } from '../contract/json.ts';
import type { AdmissionRequest } from '../contract/admission.ts';
import { inVersion, requestFacts } from './request-view.ts';

/** What a webhook answered. */
export interface Verdict {
  readonly allowed: boolean;
  /** Why not, as the webhook words it. */
  readonly result: Partial<Status> | undefined;
  readonly warnings: readonly string[];
  /** The operations of its JSON patch. */
  readonly patch: unknown;
}

/** The AdmissionReview that asks a webhook; in the newest version that it understands. */
export function reviewOf(hook: JsonRecord, request: AdmissionRequest, matched: Resource, uid: string): object {
  const own = request.resource;
  return {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${reviewVersion(hook)}`,
    request: {
      ...requestFacts(request, matched, uid),
      object: inVersion(request.object, own, matched) ?? null,
      oldObject: inVersion(request.oldObject, own, matched) ?? null,
    },
  };
}

function reviewVersion(hook: JsonRecord): string {
  const versions: unknown[] = Array.isArray(hook['admissionReviewVersions']) ? hook['admissionReviewVersions'] : [];
  return textOf(
    versions.find((version) => version === 'v1' || version === 'v1beta1'),
    'v1',
  );
}

/** The verdict in an answer; throws an Error that says what is wrong with the answer. */
export function verdictOf(hook: JsonRecord, text: string, uid: string): Verdict {
  const review = recordOf(parse(text));
  const isV1 = reviewVersion(hook) === 'v1';
  const { response } = review;
  if (!isRecord(response)) throw new Error('webhook response was absent');
  if (isV1) checkIdentity(review, response, uid);
  return {
    allowed: response['allowed'] === true,
    result: isRecord(response['status']) ? response['status'] : undefined,
    warnings: Array.isArray(response['warnings'])
      ? (response['warnings'] as unknown[]).map((warning) => textOf(warning))
      : [],
    patch: patchOf(response, isV1),
  };
}

function checkIdentity(review: JsonRecord, response: JsonRecord, uid: string): void {
  const got = `${textOf(review['apiVersion'])}, Kind=${textOf(review['kind'])}`;
  const want = 'admission.k8s.io/v1, Kind=AdmissionReview';
  if (got !== want) throw new Error(`expected webhook response of ${want}, got ${got}`);
  if (response['uid'] !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'] ?? '')}`);
}

function patchOf(response: JsonRecord, isV1: boolean): unknown {
  const { patch, patchType } = response;
  if (patch === undefined || patch === null || patch === '') {
    if (isV1 && textOf(patchType) !== '') throw new Error('webhook returned response.patchType but not response.patch');
    return undefined;
  }
  if (isV1 && patchType === undefined) throw new Error('webhook returned response.patch but not response.patchType');
  if (patchType !== undefined && patchType !== 'JSONPatch')
    throw new Error(`unsupported patchType: ${textOf(patchType)}`);
  return parse(Buffer.from(textOf(patch), 'base64').toString('utf8'));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new Error(`couldn't get version/kind; json parse error: the answer is no JSON`, { cause });
  }
}

/** The Status of a denial: the webhook's own, with its name before its words. */
export function denial(
  hook: string,
  result: Partial<Status> | undefined,
): Omit<Status, 'kind' | 'apiVersion' | 'metadata' | 'status'> {
  const denied = `admission webhook ${JSON.stringify(hook)} denied the request`;
  const { message = '', reason = '', code = 0, details } = result ?? {};
  const why = message === '' ? reason : message;
  return {
    message: why === '' ? `${denied} without explanation` : `${denied}: ${why}`,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code: code < 400 ? 400 : code,
  };
}
