import { describe, expect, test } from '@jest/globals';
import type { WorkflowStatus } from '../apis/application-status.ts';
import type { Operation } from './operate.ts';
import { restartWorkflow, resumeWorkflow, suspendWorkflow, terminateWorkflow } from './operate.ts';

/** `a:running b:suspending g:running(c:running d:failed/Timeout)` */
function workflow(text: string, fields: Partial<WorkflowStatus> = {}): WorkflowStatus {
  const read = (part: string) => {
    const [, name = '', phase = '', reason] = /^(\w+):(\w+)(?:\/(\w+))?/.exec(part) ?? [];
    return { id: name, name, type: 't', phase, ...(reason && { reason }) };
  };
  const steps = (text.match(/\w+:\S+?(?:\([^)]*\))?(?=\s|$)/g) ?? []).map((part) => {
    const inside = /\((.*)\)/.exec(part)?.[1];
    return { ...read(part), ...(inside && { subSteps: inside.split(' ').map(read) }) };
  });
  const base = { appRevision: 'v1', mode: 'DAG-DAG', suspend: false, terminated: false, finished: false };
  return { ...base, steps, ...fields };
}

function show(operation: Operation): string {
  if (!operation.ok) return operation.problem;
  if (!operation.workflow) return 'anew';
  const one = (s: { name?: string; phase?: string; reason?: string }): string =>
    `${s.name ?? ''}:${s.phase ?? ''}${s.reason ? `/${s.reason}` : ''}`;
  const { steps = [], suspend, terminated } = operation.workflow;
  const texts = steps.map((s) => one(s) + (s.subSteps ? `(${s.subSteps.map(one).join(' ')})` : ''));
  return `${texts.join(' ')}${suspend ? ' suspend' : ''}${terminated ? ' terminated' : ''}`;
}

describe('operations on a workflow', () => {
  test('suspend all, or one step with its group', () => {
    expect(show(suspendWorkflow(workflow('a:running b:succeeded')))).toBe('a:suspending/Suspend b:succeeded suspend');
    expect(show(suspendWorkflow(workflow('a:running g:running(c:running d:running)'), 'c'))).toBe(
      'a:running g:suspending/Suspend(c:suspending/Suspend d:running) suspend',
    );
    expect(show(suspendWorkflow(workflow('a:pending'), 'a'))).toBe('step "a" is not running');
    expect(show(suspendWorkflow(workflow('a:running'), 'x'))).toBe('there is no step "x"');
  });

  test('resume all, or one step while another waits on', () => {
    const suspended = workflow('a:suspending/Suspend g:suspending/Suspend(c:suspending/Suspend)', { suspend: true });
    expect(show(resumeWorkflow(suspended))).toBe('a:running g:running(c:running)');
    expect(show(resumeWorkflow(suspended, 'a'))).toBe('a:running g:suspending/Suspend(c:suspending/Suspend) suspend');
    expect(resumeWorkflow(workflow('a:running'))).toMatchObject({ isChanged: false });
    expect(show(resumeWorkflow(workflow('a:failed', { terminated: true })))).toContain('was terminated');
  });

  test('terminate leaves what has ended as it ended', () => {
    expect(show(terminateWorkflow(workflow('a:succeeded b:running c:failed/Execute d:failed/Timeout e:pending')))).toBe(
      'a:succeeded b:failed/Terminate c:failed/Terminate d:failed/Timeout e:pending terminated',
    );
  });

  test('restart begins anew; nothing is done to a workflow that is not there, or over', () => {
    expect(show(restartWorkflow(workflow('a:failed', { finished: true })))).toBe('anew');
    for (const operate of [suspendWorkflow, resumeWorkflow, terminateWorkflow, restartWorkflow])
      expect(show(operate(undefined))).toBe('the workflow is not running');
    const over = workflow('a:succeeded', { finished: true });
    expect([suspendWorkflow(over), terminateWorkflow(over)].map(show)).toEqual([
      'the workflow is not running',
      'the workflow is not running',
    ]);
  });
});
