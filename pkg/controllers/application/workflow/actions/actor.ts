import { refusalOf, unknownFields } from '../../../../render/actions/registry.ts';
import type { Action, ActionResult, StepActor } from '../../../../render/step.ts';
import { builtinActions } from './builtin.ts';
import { configActions } from './config.ts';
import type { ActionContext, Performers } from './context.ts';
import { emailActions } from './email.ts';
import { environmentActions } from './environments.ts';
import { httpActions } from './http.ts';
import { kubeActions } from './kube.ts';
import { metricsActions } from './metrics.ts';
import { applicationActions } from './oam.ts';
import { textParam, wrongTemplate } from './params.ts';
import { queryActions } from './query.ts';
import { timeActions } from './time.ts';
import { utilActions } from './util.ts';

/** All actions by name. */
export const performers: Performers = {
  ...builtinActions,
  ...kubeActions,
  ...configActions,
  ...httpActions,
  ...emailActions,
  ...metricsActions,
  ...timeActions,
  ...utilActions,
  ...applicationActions,
  ...environmentActions,
  ...queryActions,
};

/** Performs the actions of a step; every problem of an action names it. */
export function stepActor(context: ActionContext, needsFields: boolean): StepActor {
  return { needsFields, perform: (action) => perform(action, context) };
}

async function perform(action: Action, context: ActionContext): Promise<ActionResult> {
  const { name, params, label, isFlat } = action;
  const refusal = refusalOf(name);
  if (refusal !== undefined) return wrongTemplate(`${label}: ${name}: ${refusal}`);
  const performer = Object.hasOwn(performers, name) ? performers[name] : undefined;
  if (!performer) return wrongTemplate(`${label}: there is no action ${name}`);
  const unknown = unknownFields(name, params, isFlat);
  if (unknown.length > 0) return wrongTemplate(`${label}: ${unknown.join('; ')}`);
  const cluster = textParam(params, 'cluster');
  if (cluster !== '' && cluster !== 'local')
    return wrongTemplate(`${label}: cluster "${cluster}" is not available; use "local", the only one`);
  const result = await performer(params, context, action);
  const error = result.kind === 'returned' ? result.returns['err'] : undefined;
  if (typeof error === 'string' && error !== '') context.notes.push(`${label}: ${error}`);
  return result;
}
