import { parentPort, workerData } from 'node:worker_threads';
import type { Action, ActionResult, StepActor } from '../step.ts';
import type { CueEngineOptions } from './cue-engine.ts';
import { CueEngine } from './cue-engine.ts';
import type { FromThread, ToThread } from './thread-protocol.ts';

/** The program of the thread: it evaluates what is too long for the event loop. */

const engine = new CueEngine(workerData as CueEngineOptions);
const waiting = new Map<number, (result: ActionResult | undefined) => void>();

const send = (message: FromThread): void => {
  parentPort?.postMessage(message);
};

/** Actions are performed by the process. */
function actorOf(id: number, needsFields: boolean): StepActor {
  return {
    needsFields,
    async perform(action: Action): Promise<ActionResult> {
      send({ kind: 'perform', id, action });
      const result = await new Promise<ActionResult | undefined>((resolve) => waiting.set(id, resolve));
      if (!result) throw new Error('the action failed');
      return result;
    },
  };
}

function run(request: Extract<ToThread, { kind: 'run' }>): Promise<unknown> {
  const { id, method, template, input } = request;
  if (method === 'check' || method === 'parameterSchema' || method === 'declaredParameters')
    return engine[method](template);
  if (method === 'runStep' || method === 'renderPolicy')
    return engine[method](template, input, actorOf(id, request.needsFields));
  return engine[method](template, input);
}

parentPort?.on('message', (message: ToThread) => {
  const { id } = message;
  if (message.kind === 'performed') {
    waiting.get(id)?.(message.result);
    waiting.delete(id);
    return;
  }
  run(message).then(
    (value) => {
      send({ kind: 'done', id, value });
    },
    (error: unknown) => {
      send({ kind: 'failed', id, message: error instanceof Error ? error.message : String(error) });
    },
  );
});
