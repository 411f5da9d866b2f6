import type { FieldProblem } from './strategy.ts';
import { StatusError } from './status-error.ts';

/** A resource as messages name it. */
export interface Named {
  readonly group: string;
  readonly plural: string;
}

/** `deployments.apps`, or `pods` for the core group. */
export function qualified(resource: Named): string {
  return resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
}

function details(resource: Named, name: string): { group?: string; kind: string; name?: string } {
  return {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
  };
}

export function notFound(resource: Named, name: string): StatusError {
  return new StatusError({
    code: 404,
    reason: 'NotFound',
    message: `${qualified(resource)} "${name}" not found`,
    details: details(resource, name),
  });
}

/** The path leads to no resource. */
export function unknownResource(): StatusError {
  return new StatusError({
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
    details: {},
  });
}

export function alreadyExists(resource: Named, name: string, isBeingDeleted: boolean): StatusError {
  const text = `${qualified(resource)} "${name}" already exists`;
  return new StatusError({
    code: 409,
    reason: 'AlreadyExists',
    message: isBeingDeleted ? `object is being deleted: ${text}` : text,
    details: details(resource, name),
  });
}

export const modifiedText =
  'the object has been modified; please apply your changes to the latest version and try again';

export function conflict(resource: Named, name: string, text: string = modifiedText): StatusError {
  return new StatusError({
    code: 409,
    reason: 'Conflict',
    message: `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${text}`,
    details: details(resource, name),
  });
}

export function forbidden(resource: Named, name: string, text: string): StatusError {
  return new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: `${qualified(resource)} "${name}" is forbidden: ${text}`,
    details: details(resource, name),
  });
}

/** What is wrong with an object of a kind; the kind stands where others have the resource. */
export function invalid(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  problems: readonly FieldProblem[],
): StatusError {
  const texts = problems.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`));
  const what = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  const distinct = [...new Set(texts)];
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `${what} "${name}" is invalid: ${distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`}`,
    details: {
      ...(name === '' ? {} : { name }),
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.kind,
      causes: problems.map(({ reason, message, field }) => ({ reason, message, field })),
    },
  });
}

export function badRequest(message: string): StatusError {
  return new StatusError({ code: 400, reason: 'BadRequest', message });
}

/** A failure that the client cannot mend; without a reason, as Go's plain errors come out. */
export function serverError(message: string): StatusError {
  return new StatusError({ code: 500, message });
}

export function internalError(message: string): StatusError {
  return new StatusError({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
  });
}

export function methodNotAllowed(): StatusError {
  return new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });
}

/** None of the media types that are asked for is known. */
export function unknownMediaType(accepted: readonly string[]): StatusError {
  return new StatusError({
    code: 406,
    reason: 'NotAcceptable',
    message: `406: Not Acceptable\n\nAvailable representations: ${accepted.join(', ')}`,
    details: {},
  });
}

/** A media type is known, and what it is to hold is not. */
export function notAcceptable(accepted: readonly string[]): StatusError {
  return notAcceptableView(`only the following media types are accepted: ${accepted.join(', ')}`);
}

/** The answer cannot take the form that was asked for. */
export function notAcceptableView(message: string): StatusError {
  return new StatusError({ code: 406, reason: 'NotAcceptable', message });
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const list = accepted.join(', ');
  return new StatusError({
    code: 415,
    reason: 'UnsupportedMediaType',
    message: `the body of the request was in an unknown format - accepted media types include: ${list}`,
  });
}

export function tooLarge(message: string): StatusError {
  return new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message });
}

export function expired(message: string): StatusError {
  return new StatusError({ code: 410, reason: 'Expired', message });
}

/** A resourceVersion that is no number. */
export function unreadableVersion(asked: string): StatusError {
  const cause = `strconv.ParseUint: parsing "${asked}": invalid syntax`;
  return serverError(`resourceVersion: Invalid value: "${asked}": ${cause}`);
}

/** A resourceVersion that this server has not reached yet. */
export function versionTooLarge(asked: string, current: number): StatusError {
  return new StatusError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}
