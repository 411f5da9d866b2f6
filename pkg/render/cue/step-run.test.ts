import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { WorkflowStepDefinition } from '../../apis/workflow-step-definition.ts';
import type { JsonObject } from '../../../machinery/src/meta.ts';
import { packageRoot } from '../../assets/root.ts';
import type { Action, ActionResult, StepEnd } from '../step.ts';
import { loadYaml } from '../yaml.ts';
import { CueEngine } from './cue-engine.ts';

const engine = new CueEngine();

const context: JsonObject = { name: 'shop', namespace: 'prod', stepName: 'first', stepSessionID: 'abc' };

type Answers = Readonly<Record<string, (params: JsonObject) => JsonObject | ActionResult>>;

/** Executes a template once; what it asks for is answered by name of the action. */
async function run(
  template: string,
  parameter: JsonObject = {},
  answers: Answers = {},
): Promise<{ readonly end: StepEnd; readonly asked: readonly Action[] }> {
  const asked: Action[] = [];
  const perform = (action: Action): Promise<ActionResult> => {
    const own = onTheRun[action.name]?.(action.params);
    if (own) return Promise.resolve(own);
    asked.push(action);
    const answer = answers[action.name]?.(action.params);
    if (answer === undefined)
      return Promise.resolve({ kind: 'failed', reason: 'Execute', message: `no answer for ${action.name}` });
    return Promise.resolve('kind' in answer ? (answer as ActionResult) : { kind: 'returned', returns: answer });
  };
  const end = await engine.runStep(
    { name: 'step', schematic: { cue: { template } } },
    { parameter, context },
    { perform, needsFields: false },
  );
  return { end, asked };
}

const said = ({ message = '' }: JsonObject): string => message as string;

/** Actions on the run itself. */
const onTheRun: Readonly<Record<string, (params: JsonObject) => ActionResult>> = {
  'builtin.wait': (params) =>
    params['continue'] === true ? { kind: 'returned', returns: {} } : { kind: 'waiting', message: said(params) },
  'builtin.fail': (params) => ({ kind: 'failed', reason: 'Action', message: said(params) }),
  'builtin.break': (params) => ({ kind: 'broke', message: said(params) }),
  'builtin.message': (params) => ({ kind: 'returned', returns: {}, message: said(params) }),
  'builtin.suspend': (params) => ({ kind: 'suspended', message: said(params) }),
  'util.string': ({ bt }) => ({ kind: 'returned', returns: { str: Buffer.from(bt as string, 'base64').toString() } }),
};

const applied =
  (status: JsonObject) =>
  (params: JsonObject): JsonObject => ({
    value: { ...(params['value'] as JsonObject), status },
  });

describe('a step', () => {
  test('performs its actions in order; those behind see what came of those before', async () => {
    const { end, asked } = await run(
      `
      import ("vela/kube", "strings")
      first: kube.#Read & {$params: value: {apiVersion: "v1", kind: "Secret", metadata: name: parameter.name}}
      nested: {
        if first.$returns.value.data.size == "L" {
          second: kube.#Apply & {$params: value: {apiVersion: "v1", kind: "ConfigMap", metadata: name: strings.ToLower(first.$returns.value.data.size)}}
        }
      }
      parameter: name: string`,
      { name: 's' },
      { 'kube.read': () => ({ value: { data: { size: 'L' } } }), 'kube.apply': applied({ done: true }) },
    );
    expect(asked.map(({ name, params }) => `${name} ${JSON.stringify(params['value'])}`)).toEqual([
      'kube.read {"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"}}',
      'kube.apply {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"l"}}',
    ]);
    expect(end).toMatchObject({
      kind: 'succeeded',
      produced: { nested: { second: { $returns: { value: { status: { done: true } } } } } },
    });
  });

  test('what comes only of what an action returned is performed, too', async () => {
    const template = `
      import ("vela/kube", "vela/builtin")
      get: kube.#Read & {$params: value: {apiVersion: "v1", kind: "Pod", metadata: name: "p"}}
      if get.$returns.err != _|_ {stop: builtin.#Fail & {$params: message: get.$returns.err}}
      both: {
        one: kube.#Delete & {$params: value: {apiVersion: "v1", kind: "Pod", metadata: name: "p"}}
        if one.$returns.count > 1 {two: kube.#Apply & {$params: value: {apiVersion: "v1", kind: "Pod", metadata: name: "q"}}}
      }`;
    const answers = { 'kube.delete': () => ({ count: 2 }), 'kube.apply': applied({}) };
    const { end, asked } = await run(template, {}, { ...answers, 'kube.read': () => ({ value: {} }) });
    expect([end.kind, ...asked.map(({ name }) => name)]).toEqual([
      'succeeded',
      'kube.read',
      'kube.delete',
      'kube.apply',
    ]);
    expect((await run(template, {}, { ...answers, 'kube.read': () => ({ err: 'gone' }) })).end).toMatchObject({
      reason: 'Action',
      message: 'gone',
    });
  });

  test('waits where the template says so, and while the awaited value is unknown', async () => {
    const wait = (condition: string): string => `
      import ("vela/kube", "vela/builtin")
      get: kube.#Read & {$params: value: {apiVersion: "v1", kind: "Pod", metadata: name: "p"}}
      wait: builtin.#ConditionalWait & {$params: {continue: ${condition}, message: "not yet"}}
      after: kube.#Delete & {$params: value: {apiVersion: "v1", kind: "Pod", metadata: name: "p"}}`;
    const answers = { 'kube.read': () => ({ value: { status: { phase: 'Running' } } }), 'kube.delete': () => ({}) };
    const names = async (condition: string) => {
      const { end, asked } = await run(wait(condition), {}, answers);
      return [end.kind, ...asked.map(({ name }) => name)];
    };
    expect(await names('get.$returns.value.status.phase == "Done"')).toEqual(['waiting', 'kube.read']);
    expect(await names('get.$returns.value.status.ready')).toEqual(['waiting', 'kube.read']);
    expect(await names('get.$returns.value.status.phase == "Running"')).toEqual([
      'succeeded',
      'kube.read',
      'kube.delete',
    ]);
  });

  test('fails, breaks and reports a message', async () => {
    const builtin = (text: string): string => `import "vela/builtin"\n${text}`;
    const end = async (text: string) => (await run(builtin(text))).end;
    expect(await end('x: builtin.#Fail & {$params: message: "no"}')).toEqual({
      kind: 'failed',
      reason: 'Action',
      message: 'no',
    });
    expect(await end('x: builtin.#Break & {$params: message: "enough"}')).toEqual({ kind: 'broke', message: 'enough' });
    expect(await end('x: builtin.#Message & {$params: message: "hello"}')).toMatchObject({ message: 'hello' });
  });

  test('older templates have parameters and results side by side', async () => {
    const { end, asked } = await run(
      `
      import "vela/op"
      get: op.#HTTPGet & {url: "http://x"}
      stop: op.#Steps & {
        if get.response.statusCode > 400 {fail: op.#Fail & {message: "status \\(get.response.statusCode)"}}
      }`,
      {},
      { 'http.do': () => ({ response: { statusCode: 500 } }) },
    );
    expect(asked).toEqual([
      { name: 'http.do', params: { method: 'GET', url: 'http://x' }, label: 'get', isFlat: true },
    ]);
    expect(end).toEqual({ kind: 'failed', reason: 'Action', message: 'status 500' });
  });

  test.each([
    [
      'a wrong parameter that an action needs',
      'import "vela/builtin"\nm: builtin.#Message & {$params: message: "\\(parameter.n)"}\nparameter: n: int',
      'properties.n: must be integer',
    ],
    ['a wrong template', 'a: missing\nparameter: n: _', 'reference "missing" not found'],
    [
      'an unknown action',
      'import "vela/op"\na: op.#ApplyAplication & {}',
      'there is no action op.#ApplyAplication; did you mean op.#ApplyApplication',
    ],
    [
      'an unknown action under another name',
      'import k "vela/kube"\nif false {a: {b: k.#Aply}}',
      'there is no action kube.#Aply; did you mean kube.#Apply',
    ],
    ['an unknown package', 'import "vela/kub"\na: kub.#Apply', 'no package "vela/kub"; did you mean "vela/kube"'],
    ['an action that cannot be', 'import "vela/http"\na: http.#HTTPGet & {$params: url: 3}', 'conflicting values'],
    ['one that is never known', 'import "vela/http"\na: http.#HTTPGet & {$params: url: context.x}', 'undefined field'],
  ])('says what is wrong: %s', async (_, template, message) => {
    const { end } = await run(template, { n: 'text' });
    expect(end).toMatchObject({
      kind: 'failed',
      reason: 'Execute',
      message: expect.stringContaining(message) as unknown,
    });
  });

  const read = 'kube.#Read & {$params: value: name: "x"}';
  test.each([
    ['a hidden field', `_a: ${read}`, '_a.$returns.value.found'],
    ['a hidden field of a struct', `x: {_a: ${read}}`, 'x._a.$returns.value.found'],
    ['an element of a list', `x: [${read}]`, 'x[0].$returns.value.found'],
    ['an element that comes of a loop', `x: [for n in ["x"] {${read}}]`, 'x[0].$returns.value.found'],
    ['a struct in a list', `x: [{y: ${read}}]`, 'x[0].y.$returns.value.found'],
    ['a definition that is used', `#a: ${read}\nx: #a`, 'x.$returns.value.found'],
    [
      'names of packages',
      'x: {#provider: "kube", #do: "read", $params: value: name: "x", ...}',
      'x.$returns.value.found',
    ],
    ['names of older packages', 'x: {#provider: "op", #do: "read", value: name: "x", ...}', 'x.value.found'],
  ])('performs an action in %s, and has what it returned', async (_, text, result) => {
    const template = `
      import ("vela/kube", "vela/builtin")
      #r: kube.#Read
      ${text}
      say: builtin.#Message & {$params: message: ${result}}`;
    const { end, asked } = await run(template, {}, { 'kube.read': () => ({ value: { found: 'it' } }) });
    expect(asked.map(({ name }) => name)).toEqual(['kube.read']);
    expect(end).toMatchObject({ kind: 'succeeded', message: 'it' });
  });

  test('performs no action of a definition or an optional field', async () => {
    const template = 'import "vela/kube"\n#a: kube.#Read & {$params: value: name: "x"}\nb?: #a';
    expect((await run(template)).asked).toEqual([]);
  });

  test.each([
    ['x: {#do: "aply", #provider: "kube"}', 'x: provider "kube" has no action "aply"; did you mean "apply"'],
    ['x: [{#do: "apply", #provider: "kub"}]', 'x.0: there is no provider "kub"; did you mean "kube"'],
    [
      'import "vela/kube"\nx: kube.#Apply & {value: kind: "x"}',
      'x: parameter "value" of kube.apply belongs in $params',
    ],
    ['import "vela/kube"\nx: kube.#Apply & {$param: value: kind: "x"}', 'x: kube.apply has no field "$param"'],
  ])('names what is wrong with %s', async (template, message) => {
    const { end, asked } = await run(template);
    expect(asked).toEqual([]);
    expect(end).toMatchObject({ kind: 'failed', message: expect.stringContaining(message) as unknown });
  });

  test('a wrong parameter that no action needs is ignored, and the end names it', async () => {
    const template = `
      import "vela/builtin"
      done: builtin.#Message & {$params: message: "done"}
      if parameter.mail != _|_ {send: builtin.#Fail & {$params: message: "sent"}}
      parameter: {n: int, mail?: {port: int}}`;
    const { end } = await run(template, { n: 'text', mail: { port: '25' } }, { 'builtin.message': () => ({}) });
    expect(end).toMatchObject({
      kind: 'succeeded',
      ignored: ['properties.n: must be integer', 'properties.mail.port: must be integer'],
    });
  });

  test('a step that waits for a field without a value fails', async () => {
    const template = `
      import ("vela/kube", "vela/builtin")
      apply: kube.#Apply & {$params: value: context.missing}
      wait: builtin.#ConditionalWait & {$params: continue: apply.$returns.value.ready}`;
    const { end } = await run(template);
    expect(end).toMatchObject({
      kind: 'failed',
      reason: 'Execute',
      message: expect.stringContaining('missing') as unknown,
    });
  });

  test('what cannot be evaluated, and is no action, does not matter', async () => {
    const template = `
      import ("vela/http", "encoding/json")
      get: http.#HTTPGet & {$params: url: "http://x"}
      said: json.Unmarshal(get.$returns.body)`;
    const { end } = await run(template, {}, { 'http.do': () => ({ statusCode: 200, body: 'plain' }) });
    expect(end).toMatchObject({ kind: 'succeeded', produced: { get: { $returns: { body: 'plain' } } } });
  });

  test('what is not performed is refused before anything is', async () => {
    const template = 'import "vela/kube"\na: kube.#Delete & {$params: value: {}}\nb: kube.#Nothing';
    const { end, asked } = await run(template, {}, { 'kube.delete': () => ({}) });
    expect(asked).toEqual([]);
    expect(end).toMatchObject({ reason: 'Execute', message: 'there is no action kube.#Nothing' });
  });

  test.each([
    [
      'vela/builtin',
      `
      import ("vela/http", "vela/builtin")
      call: http.#HTTPPost & {$params: url: "http://x"}
      if call.$returns.body == "no" {pause: builtin.#Suspend & {$params: message: "ask"}}`,
    ],
    [
      'vela/op',
      `
      import "vela/op"
      call: op.#HTTPDo & {method: "POST", url: "http://x", request: body: "x"}
      if call.response.body == "no" {pause: op.#Suspend & {message: "ask"}}`,
    ],
  ])('a result decides whether the step is suspended: %s', async (_, template) => {
    const answer = (body: string) => ({ 'http.do': () => ({ body, response: { body } }) });
    const { end, asked } = await run(template, {}, answer('no'));
    expect(asked.map(({ name, params }) => [name, params['method']])).toEqual([['http.do', 'POST']]);
    expect(end).toMatchObject({ kind: 'suspended', message: 'ask', label: 'pause' });
    expect((await run(template, {}, answer('yes'))).end).toMatchObject({ kind: 'succeeded' });
  });

  test('goes on past an action that only makes the step wait', async () => {
    const template = `
      import "vela/oam"
      a: oam.#ApplyComponent & {$params: value: {name: "a", type: "web"}}
      b: oam.#ApplyComponent & {$params: value: {name: "b", type: "web"}}`;
    const answers = (params: JsonObject): ActionResult => ({
      kind: 'returned',
      returns: {},
      waitsFor: (params['value'] as { name: string }).name,
    });
    const { end, asked } = await run(template, {}, { 'oam.apply-component': answers });
    expect(asked).toHaveLength(2);
    expect(end).toEqual({ kind: 'waiting', message: 'a; b' });
  });

  test('a failed action is tried again; one that waits is waited for', async () => {
    const template = 'import "vela/http"\na: http.#HTTPGet & {$params: url: "http://x"}';
    const end = async (result: ActionResult) => (await run(template, {}, { 'http.do': () => result })).end;
    expect(await end({ kind: 'failed', message: 'refused' })).toMatchObject({ reason: 'Execute', message: 'refused' });
    expect(await end({ kind: 'waiting', message: 'soon' })).toEqual({ kind: 'waiting', message: 'soon' });
  });
});

describe('the steps that we ship', () => {
  const template = (name: string): string => {
    const file = join(packageRoot(), 'templates/definitions', `${name}.yaml`);
    return (loadYaml(readFileSync(file, 'utf8')) as WorkflowStepDefinition).spec.schematic?.cue?.template ?? '';
  };
  const secret = { value: { data: { url: Buffer.from('http://hidden').toString('base64') } } };
  const ok: Answers = {
    'kube.apply': applied({ readyReplicas: 1 }),
    'kube.read': () => secret,
    'kube.delete': () => ({}),
    'http.do': () => ({ statusCode: 200, body: '{"a":1}' }),
    'multicluster.placements': () => ({ placements: [{ cluster: 'local', namespace: 'eu' }] }),
    'config.create': () => ({}),
    'config.read': () => ({ config: { a: 1 } }),
    'config.list': () => ({ configs: [] }),
    'config.delete': () => ({}),
  };

  test.each<[string, JsonObject, readonly string[]]>([
    ['read-object', { name: 'x' }, ['"kind":"Application","metadata":{"name":"x","namespace":"default"}']],
    ['apply-deployment', { image: 'nginx' }, ['"image":"nginx"']],
    [
      'export2config',
      { configName: 'c', data: { a: 'b' } },
      ['"metadata":{"name":"c","namespace":"prod"},"data":{"a":"b"}'],
    ],
    [
      'export2secret',
      { secretName: 's', namespace: 'q', data: { a: 'b' } },
      ['"namespace":"q"', '"stringData":{"a":"b"}'],
    ],
    [
      'export2secret',
      { secretName: 's', data: {}, kind: 'docker-registry', dockerRegistry: { username: 'u', password: 'p' } },
      ['kubernetes.io/dockerconfigjson', String.raw`\"auth\":\"dTpw\"`],
    ],
    ['export-data', { data: { a: 'b' }, topology: 't' }, ['"policies":["t"]', '"namespace":"eu"']],
    ['request', { url: 'http://x', method: 'POST', body: { b: 1 } }, [String.raw`"body":"{\"b\":1}"`]],
    ['webhook', { url: { value: 'http://x' }, data: { d: 1 } }, ['"url":"http://x"', String.raw`{\"d\":1}`]],
    ['webhook', { url: { secretRef: { name: 's', key: 'url' } } }, ['"kind":"Application"', '"url":"http://hidden"']],
    [
      'notification',
      { slack: { url: { value: 'http://x' }, message: { text: 'hi' } } },
      [String.raw`{\"text\":\"hi\"`],
    ],
    [
      'notification',
      { lark: { url: { secretRef: { name: 's', key: 'url' } }, message: { msg_type: 'text', content: '{}' } } },
      ['"url":"http://hidden"', 'msg_type'],
    ],
    ['print-message-in-status', { message: 'hello' }, []],
    ['clean-jobs', {}, ['"kind":"Job"', '"workflow.oam.dev/name":"shop"', '"kind":"Pod"']],
    ['clean-jobs', { labelselector: { a: 'b' } }, ['"matchingLabels":{"a":"b"}']],
    ['create-config', { name: 'c', config: { a: 1 } }, ['"name":"c"', '"namespace":"prod"', '"config":{"a":1}']],
    ['read-config', { name: 'c' }, ['"name":"c"']],
    ['list-config', { template: 't' }, ['"template":"t"']],
    ['delete-config', { name: 'c', namespace: 'q' }, ['"namespace":"q"']],
  ])('%s %j', async (name, parameter, asks) => {
    const { end, asked } = await run(template(name), parameter, ok);
    expect(end).toMatchObject({ kind: 'succeeded' });
    const text = JSON.stringify(asked);
    expect(asks.filter((part) => !text.includes(part))).toEqual([]);
  });

  test('a request that is refused, and a chat that is not there, end the workflow', async () => {
    const refused: Answers = { 'http.do': () => ({ statusCode: 400, body: '' }), 'kube.read': () => ({ err: 'none' }) };
    expect((await run(template('request'), { url: 'http://x' }, refused)).end).toMatchObject({
      reason: 'Action',
      message: 'GET http://x: status 400',
    });
    const slack = { url: { secretRef: { name: 's', key: 'url' } }, message: { text: 'hi' } };
    expect((await run(template('notification'), { slack }, refused)).end).toMatchObject({
      reason: 'Action',
      message: 'slack: none',
    });
  });
});
