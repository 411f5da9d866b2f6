import { ApiError } from '../apis/api-error.ts';
import type { Status } from '../../machinery/src/meta.ts';

/** An answer of the API server, its body still text. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** Returns the error of an answer with a code of 400 or more, also when its body is no Status. */
export function apiErrorOf(answer: Answer, what: string): ApiError {
  const parsed = parseStatus(answer.text);
  const fallback: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `${what}: the server answered ${answer.status}${answer.text ? `: ${answer.text.trim().slice(0, 300)}` : ''}`,
    reason: reasons[answer.status] ?? 'Unknown',
    code: answer.status,
  };
  return new ApiError(
    parsed ? { ...parsed, code: parsed.code || answer.status } : fallback,
    retryAfterMs(answer, parsed),
  );
}

function parseStatus(text: string): Status | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(text) as Partial<Status>;
    return value.kind === 'Status' ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
}

function retryAfterMs(answer: Answer, status: Status | undefined): number | undefined {
  const header = answer.headers['retry-after'];
  const seconds = Number(Array.isArray(header) ? header[0] : (header ?? status?.details?.retryAfterSeconds ?? NaN));
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

/** The texts of the `Warning` headers of an answer, each as `299 - "text"`. */
export function warningsOf({ headers }: Pick<Answer, 'headers'>): readonly string[] {
  const values = headers['warning'] ?? [];
  const joined = typeof values === 'string' ? values : values.join(', ');
  const quoted = [...joined.matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)];
  return quoted.map(([, text = '']) => text.replace(/\\(.)/g, '$1'));
}
