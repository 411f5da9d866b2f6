import type { JsonObject } from '../../../../../machinery/src/meta.ts';
import { sendExternal } from '../../../../client/external-request.ts';
import type { ActionResult } from '../../../../render/step.ts';
import { parseDuration } from '../../../../workflow/duration.ts';
import type { ActionContext, Perform, Performers } from './context.ts';
import { markOf } from './context.ts';
import { returned, textParam, wrongTemplate } from './params.ts';

const queryTimeoutMs = 10_000;
/** Of an answer, which holds one value. */
const maxBytes = 1024 * 1024;
const defaultEndpoint = 'http://prometheus-server.o11y-system.svc:9090';
const since = { success: 'metrics.success.time', failure: 'metrics.fail.time' } as const;

/** Asks Prometheus once; the condition must have held for a while before the check succeeds, or been missed for a while before it fails. */
const check: Perform = async (params, context, { label }) => {
  const condition = textParam(params, 'condition');
  const durationMs = parseDuration(textParam(params, 'duration') || '5m');
  const failMs = parseDuration(textParam(params, 'failDuration') || '2m');
  if (durationMs === undefined || failMs === undefined)
    return wrongTemplate(`${label}: duration and failDuration must be durations such as "5m"`);
  const value = await queryValue(params, context.capabilities.signal);
  if (typeof value === 'string') return { kind: 'failed', message: `${label}: ${value}` };
  const { expressions } = context.capabilities.deps.engines;
  const judged = await expressions.evaluate(`${value} ${condition}`, {});
  if (!judged.ok || typeof judged.value !== 'boolean')
    return wrongTemplate(`${label}: condition "${condition}": ${judged.ok ? 'is no comparison' : judged.problem}`);
  const beganMs = begin(judged.value ? 'success' : 'failure', context);
  const passedMs = context.capabilities.deps.clock.now() - beganMs;
  return answer(judged.value, passedMs >= (judged.value ? durationMs : failMs), { value, condition });
};

/** When the present state of the condition began; the other state starts anew. */
function begin(state: 'success' | 'failure', context: ActionContext): number {
  const now = context.capabilities.deps.clock.now();
  const stored = Number(markOf(context, since[state]) ?? '');
  context.marks[since[state === 'success' ? 'failure' : 'success']] = '';
  if (stored > 0) return stored;
  context.marks[since[state]] = String(now);
  return now;
}

function answer(
  holds: boolean,
  isOver: boolean,
  { value, condition }: { value: number; condition: string },
): ActionResult {
  if (holds) {
    const message = isOver ? '' : 'the condition holds, but not long enough yet';
    return returned({ result: isOver, failed: false, ...(message !== '' && { message }) });
  }
  return returned({ result: false, failed: isOver, message: `the value ${value} does not meet ${condition}` });
}

/** The one value that a query yields, or why there is none. */
async function queryValue(params: JsonObject, signal: AbortSignal): Promise<number | string> {
  const endpoint = textParam(params, 'metricEndpoint') || defaultEndpoint;
  try {
    const url = new URL('api/v1/query', endpoint.endsWith('/') ? endpoint : `${endpoint}/`);
    url.searchParams.set('query', textParam(params, 'query'));
    const answer = await sendExternal(url.href, { timeoutMs: queryTimeoutMs, maxBytes, signal });
    const body = JSON.parse(answer.body.toString('utf8')) as QueryAnswer;
    if (body.status !== 'success') return `${endpoint}: ${body.error ?? `status ${answer.status}`}`;
    const { resultType, result } = body.data;
    const samples = resultType === 'scalar' ? [result as Sample] : (result as { value: Sample }[]).map((r) => r.value);
    const [sample] = samples;
    if (!sample || samples.length > 1) return `the query yields ${samples.length} values; it must yield one`;
    return Number(sample[1]);
  } catch (error) {
    if (signal.aborted) throw error;
    return `${endpoint}: ${(error as Error).message}`;
  }
}

type Sample = readonly [time: number, value: string];
interface QueryAnswer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly resultType: string; readonly result: unknown };
}

export const metricsActions: Performers = { 'metrics.check': check };
