import type { JsonObject } from '../../../../../machinery/src/meta.ts';
import { parseDuration } from '../../../../workflow/duration.ts';
import { getPath, parsePath, setPath } from '../../../../workflow/path.ts';
import type { Performers } from './context.ts';
import { markOf } from './context.ts';
import { returned, textParam, wrongTemplate } from './params.ts';

/** Actions on the run itself. */
export const builtinActions: Performers = {
  'builtin.wait': (params) =>
    params['continue'] === true ? returned({}) : { kind: 'waiting', message: textParam(params, 'message') },
  'builtin.fail': (params) => ({ kind: 'failed', reason: 'Action', message: textParam(params, 'message') }),
  'builtin.break': (params) => ({ kind: 'broke', message: textParam(params, 'message') }),
  'builtin.message': (params) => ({ kind: 'returned', returns: {}, message: textParam(params, 'message') }),
  'builtin.suspend': (params, context, { label }) => {
    const { marks, calls, prepared, capabilities, step } = context;
    // the step is executed again once it is resumed
    if (markOf(context, `${label}.suspendTimeStamp`) !== undefined) return returned({});
    const duration = textParam(params, 'duration');
    const durationMs = duration === '' ? undefined : parseDuration(duration);
    if (duration !== '' && durationMs === undefined)
      return wrongTemplate(`${label}: duration "${duration}" is not one such as "30s" or "2m15s"`);
    const said = textParam(params, 'message');
    if (said !== '')
      capabilities.deps.events.event(prepared.app, 'Normal', 'Suspended', `step "${step.name}": ${said}`);
    const message = `Suspended by field ${label}`;
    Object.assign(marks, calls);
    return { kind: 'suspended', message, ...(durationMs !== undefined && { durationMs }) };
  },
  'builtin.var': (params, { run, variables }, { label }) => {
    const path = parsePath(textParam(params, 'path'));
    if (!path) return wrongTemplate(`${label}: path "${textParam(params, 'path')}" is not one such as "a.b"`);
    const known: JsonObject = { ...run.variables, ...variables };
    if (textParam(params, 'method') !== 'Put') {
      const value = getPath(known, path);
      if (value === undefined) return { kind: 'failed', message: `${label}: there is no variable ${path.join('.')}` };
      return returned({ value });
    }
    const [root = '', ...rest] = path;
    variables[root] = setPath(known[root], rest, params['value'] ?? null);
    return returned({});
  },
};
