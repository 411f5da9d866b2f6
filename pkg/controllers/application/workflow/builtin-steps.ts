import type { Application } from '../../../apis/application.ts';
import { applicationResource } from '../../../apis/application.ts';
import type { Json, JsonObject, KubeObject } from '../../../../machinery/src/meta.ts';
import type { Outcome } from '../../../workflow/settle.ts';
import { suspendMark } from '../../../workflow/suspend.ts';
import { stepManifest } from '../component/render.ts';
import { deploy } from './deploy.ts';
import type { Execution, StepResult } from './execution.ts';
import { failed, succeeded } from './outcome.ts';

/** Deploys at once, or after the approval that `auto: false` asks for. */
export async function deployWhenApproved(execution: Execution): Promise<StepResult> {
  const { prepared, step, run, capabilities } = execution;
  const id = run.steps.get(step.name)?.id ?? '';
  if (step.properties['auto'] === false && run.marks[suspendMark(id, 'suspend')] === undefined) {
    const message = 'Suspended by field suspend';
    return { outcome: { kind: 'suspended', message, label: 'suspend' }, services: [] };
  }
  const { outcome, services } = await deploy(prepared, step, run.variables, capabilities);
  if (outcome.kind !== 'succeeded') return { outcome, services };
  const own = await succeeded({}, execution);
  return { outcome: { ...own, effects: { variables: outcome.variables ?? {} } }, services };
}

/** Applies one object, which belongs to no component. */
export async function applyObject(properties: JsonObject, execution: Execution): Promise<Outcome> {
  const { prepared, step, capabilities } = execution;
  const value = asManifest(properties['value']);
  if (!value) return failed('Execute', `step "${step.name}" needs a value with apiVersion, kind and metadata`);
  const metadata = { namespace: 'default', ...value.metadata };
  const manifest = stepManifest(prepared, { ...value, metadata });
  const [delivered] = await capabilities.keeper.dispatch([manifest], capabilities.signal);
  const live = (delivered?.live ?? null) as unknown as Json;
  return succeeded({ output: live, value: live }, execution);
}

function asManifest(value: Json | undefined): KubeObject | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { apiVersion, kind, metadata } = value as JsonObject;
  const isComplete = typeof apiVersion === 'string' && typeof kind === 'string' && typeof metadata === 'object';
  return isComplete ? (value as unknown as KubeObject) : undefined;
}

/** Waits until another Application runs. */
export async function dependsOnApp(
  properties: JsonObject,
  { prepared: { app }, capabilities }: Execution,
): Promise<Outcome> {
  const { author, signal } = capabilities;
  const { name, namespace } = properties;
  if (typeof name !== 'string') return failed('Execute', 'depends-on-app needs the name of an application');
  const target = { name, namespace: typeof namespace === 'string' ? namespace : app.metadata.namespace };
  const { items } = await author.list<Application>(applicationResource, {
    namespace: target.namespace,
    fieldSelector: `metadata.name=${name}`,
    signal,
  });
  const phase = items[0]?.status?.status;
  if (phase === 'running') return { kind: 'succeeded' };
  return { kind: 'waiting', message: `application ${target.namespace ?? ''}/${name} is ${phase ?? 'not there'}` };
}
