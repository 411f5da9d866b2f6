import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '../../../machinery/src/meta.ts';
import type { Template } from '../engine.ts';
import { CueEngine } from './cue-engine.ts';

const engine = new CueEngine();

const cue = (template: string, status?: Template['status']): Template => ({
  name: 'mine',
  schematic: { cue: { template } },
  status,
});
const context: JsonObject = { name: 'web', namespace: 'prod', appName: 'shop' };
const workload = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: { replicas: 1, template: { spec: { containers: [{ name: 'web', image: 'a' }, { name: 'x' }] } } },
};

describe('a component', () => {
  const template = cue(`
    import "strings"
    #Port: {port: int & >0, protocol: *"TCP" | "UDP"}
    listed: [if parameter.ports != _|_ for p in parameter.ports {"\\(p.port)-\\(strings.ToLower(p.protocol))"}]
    output: {apiVersion: "v1", kind: "ConfigMap", data: {image: parameter.image, names: strings.Join(listed, ",")}}
    if parameter.loud != _|_ {
      outputs: bell: {apiVersion: "v1", kind: "Secret", metadata: name: context.name + "-bell"}
    }
    parameter: {
      // +usage=What to run
      // +short=i
      image!: string
      ports?: [...#Port]
      size?: "S" | "M"
      loud?: bool
      // +immutable
      zone: *"a" | string
    }`);

  test('yields its objects; defaults, loops over what is not given, conditions', async () => {
    const rendered = await engine.render(template, { parameter: { image: 'nginx', loud: true }, context });
    expect(rendered).toEqual({
      ok: true,
      value: {
        output: { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data: { image: 'nginx', names: '' } },
        outputs: { bell: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web-bell' } } },
      },
    });
    const ports = [{ port: 80 }, { port: 53, protocol: 'UDP' }];
    expect(await engine.render(template, { parameter: { image: 'nginx', ports }, context })).toMatchObject({
      value: { output: { data: { names: '80-tcp,53-udp' } }, outputs: {} },
    });
  });

  test('goes through its parameters in the order of their names', async () => {
    const loops = cue(
      'output: apiVersion: "v1"\noutput: kind: "List"\noutput: data: [for k, v in parameter.map {"\\(k)=\\(v)"}]\nparameter: map: [string]: string',
    );
    const rendered = await engine.render(loops, { parameter: { map: { z: '1', a: '2', m: '3' } }, context });
    expect(rendered.ok && rendered.value.output?.['data']).toEqual(['a=2', 'm=3', 'z=1']);
  });

  test('reports every problem of its parameters', async () => {
    const parameter = { size: 'XL', ports: [{ port: '80' }, { protocol: 'ICMP' }] };
    const rendered = await engine.render(template, { parameter, context });
    expect(rendered.ok || [...rendered.problems].sort()).toEqual([
      'properties.image: is required',
      'properties.ports[0].port: must be integer',
      'properties.ports[1].port: is required',
      'properties.ports[1].protocol: must be one of TCP, UDP',
      'properties.size: must be one of S, M',
    ]);
  });

  test('publishes the schema of its parameters', async () => {
    expect(await engine.parameterSchema(template)).toEqual({
      ok: true,
      value: {
        type: 'object',
        required: ['image', 'zone'],
        properties: {
          image: { type: 'string', description: 'What to run', title: 'image' },
          loud: { type: 'boolean', title: 'loud' },
          ports: {
            type: 'array',
            title: 'ports',
            items: {
              type: 'object',
              required: ['port', 'protocol'],
              properties: {
                port: { type: 'integer', minimum: 0, exclusiveMinimum: true, title: 'port' },
                protocol: { type: 'string', enum: ['TCP', 'UDP'], default: 'TCP', title: 'protocol' },
              },
            },
          },
          size: { type: 'string', enum: ['S', 'M'], title: 'size' },
          zone: { type: 'string', default: 'a', 'x-immutable': true, title: 'zone' },
        },
      },
    });
    expect(await engine.parameterSchema(cue('output: {}'))).toEqual({ ok: true, value: { type: 'object' } });
  });

  test('for checks of what users write has the fields behind conditions, admits what is open, and knows defaults', async () => {
    const template = cue(`parameter: {
      type: *"emptyDir" | "pvc"
      if type == "pvc" {claimName: string}
      namespace: *context.namespace | string
      message: {kind: string, ...}
    }`);
    const published = await engine.parameterSchema(template);
    expect(published).toMatchObject({ value: { required: ['type', 'namespace', 'message'] } });
    expect(JSON.stringify(published)).not.toContain('claimName');
    expect(await engine.declaredParameters(template)).toMatchObject({
      ok: true,
      value: {
        required: ['message'],
        properties: { claimName: { type: 'string' }, message: { additionalProperties: true } },
      },
    });
  });

  test('gives its own errors precedence', async () => {
    const own = cue('output: {a: parameter.none}\nerrs: [if context.name == "web" {"web is taken"}]\nparameter: {}');
    expect(await engine.render(own, { parameter: {}, context })).toEqual({ ok: false, problems: ['web is taken'] });
  });

  test.each([
    ['output: {a: ', "template: line 1: expected operand, found 'EOF'"],
    ['output: {a: "}', 'template: line 1: string literal not terminated'],
    ['output: {a: foo.bar}', 'template: line 1: reference "foo" not found'],
    ['import "vela/op"\noutput: op.x', 'template: output: undefined field: x'],
    ['output: {kind: "Job"}', 'template: output.apiVersion is missing'],
    ['#l: {x: #l}\noutput: #l', 'template: #l.x: structural cycle'],
    [
      'output: {a: 1 & 2, b: "x" & int, c: 3 & 4, d: 5 & 6, e: a}',
      'template: output.a: conflicting values 2 and 1; output.b: conflicting values "x" and int (mismatched types ' +
        'string and int); output.c: conflicting values 4 and 3 (and 1 more)',
    ],
  ])('%j fails: %s', async (text, problem) => {
    expect(await engine.render(cue(text), { parameter: {}, context })).toEqual({ ok: false, problems: [problem] });
  });
});

describe('a trait', () => {
  const render = (text: string, parameter: JsonObject = {}, outputs: JsonObject = {}) =>
    engine.renderTrait(cue(text), { parameter, context: { ...context, output: workload, outputs } });

  test('patches by key, by position and every element; adds objects', async () => {
    const rendered = await render(
      `
      patch: spec: {
        // +patchStrategy=retainKeys
        replicas: parameter.replicas
        template: spec: {
          // +patchKey=name
          containers: [{name: "x", image: "b"}, {name: "y"}]
        }
      }
      outputs: note: {apiVersion: "v1", kind: "ConfigMap", data: image: context.output.spec.template.spec.containers[0].image}
      parameter: replicas: *1 | int`,
      { replicas: 3 },
    );
    expect(rendered).toMatchObject({
      value: {
        output: {
          spec: {
            replicas: 3,
            template: { spec: { containers: [{ name: 'web', image: 'a' }, { name: 'x', image: 'b' }, { name: 'y' }] } },
          },
        },
        outputs: { note: { data: { image: 'a' } } },
      },
    });
    const each = await render('patch: spec: template: spec: containers: [...{tty: true}]');
    expect(each).toMatchObject({
      value: { output: { spec: { template: { spec: { containers: [{ tty: true }, { tty: true }] } } } } },
    });
  });

  test('marks in a definition come along where it is used', async () => {
    const rendered = await render(`
      #Container: {
        name: string
        // +patchStrategy=retainKeys
        image: "z"
      }
      patch: spec: template: spec: {
        // +patchKey=name
        containers: [#Container & {name: context.name}]
      }`);
    expect(rendered).toMatchObject({
      value: { output: { spec: { template: { spec: { containers: [{ name: 'web', image: 'z' }, { name: 'x' }] } } } } },
    });
  });

  test('patches as RFC 7396 and RFC 6902 have it, and other objects', async () => {
    const merged = await render(
      '// +patchStrategy=jsonMergePatch\npatch: {spec: replicas: null, metadata: labels: parameter}',
      { a: 'b' },
    );
    expect(merged).toMatchObject({ value: { output: { metadata: { labels: { a: 'b' } } } } });
    expect(merged.ok && merged.value.output?.['spec']).not.toHaveProperty('replicas');
    const operations = [{ op: 'replace', path: '/spec/replicas', value: 5 }];
    expect(await render('// +patchStrategy=jsonPatch\npatch: parameter', { operations })).toMatchObject({
      value: { output: { spec: { replicas: 5 } } },
    });
    const service = { apiVersion: 'v1', kind: 'Service', metadata: {}, spec: { ports: [{ port: 80 }] } };
    const other = await render('patchOutputs: svc: spec: ports: [{name: "http"}]', {}, { svc: service as never });
    expect(other).toMatchObject({
      value: { patchedOutputs: { svc: { spec: { ports: [{ port: 80, name: 'http' }] } } } },
    });
  });

  test('a conflict names the field; an output to patch must be there', async () => {
    expect(await render('patch: spec: replicas: 2')).toEqual({
      ok: false,
      problems: ['patch: spec.replicas: conflicting values 2 and 1'],
    });
    expect(await render('patchOutputs: svc: spec: {}')).toMatchObject({
      problems: ['patchOutputs.svc: there is no such output'],
    });
  });
});

describe('health', () => {
  const health = (status: Template['status'], extra: JsonObject = {}) =>
    engine.evaluateHealth(cue('', status), { parameter: { port: 80 }, context: { ...context, ...extra } });

  test('policy, message and details; the message may read the others', async () => {
    const status = {
      healthPolicy: 'isHealth: context.output.status.ready == context.status.details.wanted',
      customStatus: 'message: "\\(context.name):\\(parameter.port) healthy: \\(context.status.healthy)"',
      details: 'wanted: 2\nratio: "\\(context.output.status.ready)/\\(wanted)"\n$inner: 1',
    };
    expect(await health(status, { output: { status: { ready: 2 } } })).toEqual({
      healthy: true,
      message: 'web:80 healthy: true',
      details: { wanted: '2', ratio: '2/2' },
    });
    expect(await health(status, { output: { status: { ready: 1 } } })).toMatchObject({ healthy: false });
  });

  test('parameters have the defaults of the template', async () => {
    const template = cue('parameter: port: *80 | int', { customStatus: 'message: "port \\(parameter.port)"' });
    expect(await engine.evaluateHealth(template, { parameter: {}, context })).toMatchObject({ message: 'port 80' });
  });

  test('a policy that fails is unhealthy and says why, a message says nothing; without any there is no answer', async () => {
    expect(await health({ healthPolicy: 'isHealth: context.output.none > 1', customStatus: 'message: 3' })).toEqual({
      healthy: false,
      message: 'health: isHealth: undefined field: output',
    });
    expect(await health({ customStatus: 'message: "fine"' })).toEqual({ healthy: true, message: 'fine' });
    expect(await health(undefined)).toBeUndefined();
  });
});

test('compile errors are reported for each field; fields that wait for values are valid', async () => {
  const status = { healthPolicy: 'isHealth: context.output.x > 0', customStatus: 'message: missing' };
  expect(await engine.check(cue('output: {a: context.b.c}\nx: {', status))).toEqual([
    "spec.schematic.cue.template: line 2: expected operand, found 'EOF'",
    'spec.status.customStatus: line 1: reference "missing" not found',
  ]);
  expect(await engine.check(cue('import "vela/op"\napply: op.#Apply & {value: parameter}'))).toEqual([]);
  // charts are not rendered: such a definition is read, and refused where a component uses it
  expect(await engine.check(cue('import "vela/helm"\n_r: helm.#Render & {$params: chart: parameter.x}'))).toEqual([]);
  const asking = 'call: op.#HTTPDo & {method: "GET", url: "x"}\nif call.response.body == "no" {pause: op.#Suspend}';
  expect(await engine.check(cue(`import "vela/op"\n${asking}`))).toEqual([]);
  expect(await engine.check(cue('import "vela/kube"\na: kube.#Apply & {$params: missing}'))).toEqual([
    'spec.schematic.cue.template: line 2: reference "missing" not found',
  ]);
  expect(await engine.check(cue('import "example.com/mine"\na: mine.b'))).toEqual([]);
});

describe('a hostile template', () => {
  test.each([
    { name: 'a list of a hundred million', text: 'import "list"\nbig: [for x in list.Range(0, 100000000, 1) {x}]' },
    {
      name: 'loops over loops',
      text: 'l: [for i in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] {i}]\nbig: [for a in l for b in l for c in l for d in l for e in l for f in l for g in l {a}]',
    },
    {
      name: 'a text that doubles',
      text: `x0: "ab"\n${Array.from({ length: 60 }, (_, i) => `x${i + 1}: x${i} + x${i}`).join('\n')}\nbig: x60`,
    },
    { name: 'a value inside itself', text: 'big: {a: big}' },
    { name: 'brackets a hundred thousand deep', text: `big: ${'['.repeat(100_000)}${']'.repeat(100_000)}` },
  ])('ends with an error: $name', async ({ text }) => {
    const end = await engine.render(cue(`${text}\noutput: {apiVersion: "v1", kind: "ConfigMap", data: x: "\\(big)"}`), {
      parameter: {},
      context,
    });
    expect(end).toMatchObject({
      ok: false,
      problems: [expect.stringMatching(/budget|structural cycle|nest|depth|cannot use/)],
    });
  });
});

test('lists are added unless the option forbids it', async () => {
  const template = {
    name: 'env',
    schematic: { cue: { template: 'output: {apiVersion: "v1", kind: "Pod", args: parameter.a + ["b"]}' } },
  };
  const input = { parameter: { a: ['a'] }, context: {} };
  expect(await engine.render(template, input)).toMatchObject({ ok: true, value: { output: { args: ['a', 'b'] } } });
  const strict = await new CueEngine({ listArithmetic: false }).render(template, input);
  expect(strict).toMatchObject({ ok: false, problems: [expect.stringContaining('list.Concat')] });
});
