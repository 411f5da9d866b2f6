import type { Health, Rendered } from './engine.ts';

/**
 * What the expressions of a definition say of a workload or trait. `judged` is what its health yields, undefined where it
 * has none; a health that fails or yields neither true nor false means unhealthy, and the reason is reported where the
 * definition itself has no message for the state.
 */
export function judgement(
  judged: Rendered<unknown> | undefined,
  message: unknown,
): Pick<Health, 'healthy' | 'message'> {
  const healthy = judged === undefined || (judged.ok && judged.value === true);
  return { healthy, message: typeof message === 'string' && message !== '' ? message : (whyNot(judged) ?? '') };
}

function whyNot(judged: Rendered<unknown> | undefined): string | undefined {
  if (!judged) return undefined;
  if (!judged.ok) return `health: ${judged.problems.join('; ')}`;
  if (typeof judged.value === 'boolean') return undefined;
  return `health: yields ${judged.value === undefined ? 'nothing' : JSON.stringify(judged.value)} where true or false is needed`;
}
