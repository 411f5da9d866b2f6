import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import { packageRoot } from '../../assets/root.ts';
import { systemClock } from '../../../machinery/src/clock/system.ts';
import type { Template } from '../engine.ts';
import type { Action, ActionResult } from '../step.ts';
import { CueEngine } from './cue-engine.ts';
import { exceedsLoop, loopSteps } from './templates.ts';
import { ThreadedCueEngine } from './threaded-cue-engine.ts';

const program = pathToFileURL(join(packageRoot(), 'dist/pkg/render/cue/evaluation-thread.js'));
const engine = new ThreadedCueEngine({ clock: systemClock, program });
const template = (text: string): Template => ({ name: 'x', schematic: { cue: { template: text } } });
const input = { parameter: { n: 90 }, context: { name: 'web' } };

/** Takes about 45,000 steps with n: 90. */
const long = `
import "list"
_all: [for a in list.Range(0, parameter.n, 1) for b in list.Range(0, parameter.n, 1) {a * b}]
output: {apiVersion: "v1", kind: "ConfigMap", data: sum: "\\(list.Sum(_all))"}
parameter: n: int`;

afterAll(() => engine.close());

describe('evaluation outside the event loop', () => {
  test('a long template is not evaluated on the loop, and has the same result', async () => {
    const onLoop = new CueEngine({ steps: loopSteps });
    let thrown: unknown;
    try {
      await onLoop.render(template(long), input);
    } catch (error) {
      thrown = error;
    }
    expect(exceedsLoop(thrown)).toBe(true);
    const threaded = await engine.render(template(long), input);
    expect(threaded).toEqual(await new CueEngine().render(template(long), input));
    expect(threaded).toMatchObject({ ok: true, value: { output: { data: { sum: '16040025' } } } });
    expect(await engine.check(template(long))).toEqual([]);
  });

  test('a template that never ends is a problem of its definition, as on the loop', async () => {
    const endless = template(long.replaceAll('parameter.n', '1000'));
    const threaded = await engine.render(endless, input);
    expect(threaded).toEqual(await new CueEngine().render(endless, input));
    const problem = /^template: evaluation exceeds its budget of \d+ (steps|bytes)$/;
    expect(threaded).toEqual({ ok: false, problems: [expect.stringMatching(problem)] });
  });

  const step = template(`import "vela/util"
import "list"
first: util.#ConvertString & {$params: bt: "a"}
_all: [for a in list.Range(0, parameter.n, 1) for b in list.Range(0, parameter.n, 1) {a * b}]
second: util.#ConvertString & {$params: bt: "\\(first.$returns.str)-\\(list.Sum(_all))"}
parameter: n: int`);

  test('the process performs the actions of a long step', async () => {
    const labels: string[] = [];
    const perform = ({ params, label }: Action): Promise<ActionResult> => {
      labels.push(label);
      return Promise.resolve({ kind: 'returned', returns: { str: `<${JSON.stringify(params['bt'])}>` } });
    };
    const end = await engine.runStep(step, input, { perform, needsFields: true });
    expect(end).toMatchObject({
      kind: 'succeeded',
      produced: { second: { $returns: { str: '<"<\\"a\\">-16040025">' } } },
    });
    expect(labels.slice(-2)).toEqual(['first', 'second']);
  });

  test('what an action throws comes through', async () => {
    const failure = new Error('no cluster');
    const perform = (): Promise<ActionResult> => Promise.reject(failure);
    await expect(engine.runStep(step, input, { perform, needsFields: false })).rejects.toBe(failure);
  });
});
