import type { KubeObject } from '../../machinery/src/meta.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What is asked: may this user do that with this object. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
  readonly subResource?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly operation: AdmissionOperation;
  readonly userInfo: { readonly username: string; readonly groups: readonly string[] };
  readonly object?: KubeObject;
  readonly oldObject?: KubeObject;
  readonly dryRun?: boolean;
}

/** An answer as a value: let it pass, perhaps changed, or refuse it. */
export type AdmissionAnswer =
  | {
      readonly allowed: true;
      readonly object?: KubeObject | undefined;
      readonly warnings?: readonly string[] | undefined;
    }
  | {
      readonly allowed: false;
      /** 400 for objects that break a rule, 403 for plain denials. */
      readonly code: 400 | 403;
      readonly message: string;
      readonly warnings?: readonly string[] | undefined;
    };

/** Decides about one request. Throwing means that the decision failed (500). */
export type AdmissionHandler = (
  request: AdmissionRequest,
  signal: AbortSignal,
) => Promise<AdmissionAnswer> | AdmissionAnswer;

const versions = ['admission.k8s.io/v1', 'admission.k8s.io/v1beta1'];

export type ReviewReading =
  | { readonly ok: true; readonly apiVersion: string; readonly request: AdmissionRequest }
  | { readonly ok: false; readonly problem: string };

/** Reads the body of an AdmissionReview, version v1 or v1beta1. */
export function readReview(body: unknown): ReviewReading {
  const review = body as { apiVersion?: unknown; kind?: unknown; request?: unknown } | null | undefined;
  if (review?.kind !== 'AdmissionReview') return { ok: false, problem: 'the body is not an AdmissionReview' };
  const apiVersion = String(review.apiVersion);
  if (!versions.includes(apiVersion))
    return { ok: false, problem: `the version of the AdmissionReview must be one of ${versions.join(', ')}` };
  const request = review.request as Partial<AdmissionRequest> | null | undefined;
  if (typeof request?.uid !== 'string') return { ok: false, problem: 'the AdmissionReview has no request' };
  const { username = '', groups = [] } = request.userInfo ?? {};
  const { object, oldObject, ...others } = request as AdmissionRequest & { object: unknown; oldObject: unknown };
  return {
    ok: true,
    apiVersion,
    request: {
      ...others,
      userInfo: { username, groups },
      ...(isObject(object) && { object }),
      ...(isObject(oldObject) && { oldObject }),
    },
  };
}

function isObject(value: unknown): value is KubeObject {
  const metadata = (value as { metadata?: unknown } | null | undefined)?.metadata;
  return typeof metadata === 'object' && metadata !== null;
}
