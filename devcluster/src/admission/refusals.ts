import { StatusError } from '../contract/status-error.ts';
import type { AdmissionRequest } from '../contract/admission.ts';

export function internalError(message: string): StatusError {
  return new StatusError({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
  });
}

/** Refuses a request in the name of what it is about. */
export function forbiddenBy({ resource, name }: AdmissionRequest, why: string): StatusError {
  const { group, plural } = resource;
  const subject = group === '' ? plural : `${plural}.${group}`;
  return new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: `${subject} ${JSON.stringify(name)} is forbidden: ${why}`,
    details: { name, ...(group === '' ? {} : { group }), kind: plural },
  });
}
