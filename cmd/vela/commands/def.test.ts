import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { CliBed } from '../../../test/support/cli-bed.ts';
import type { Ended } from '../../../test/support/vela.ts';
import { componentDefinitionResource } from '../../../pkg/apis/component-definition.ts';
import { traitDefinitionResource } from '../../../pkg/apis/trait-definition.ts';
import type { KubeObject } from '../../../machinery/src/meta.ts';

let bed: CliBed;

const cue = (name: string, type = 'trait', parameter = 'replicas: *1 | int'): string => `"${name}": {
	type: "${type}"
	annotations: {}
	labels: {}
	description: "About ${name}"
	attributes: ${type === 'trait' ? '{podDisruptive: false, appliesToWorkloads: ["*"]}' : '{workload: definition: {apiVersion: "apps/v1", kind: "Deployment"}}'}
}
template: {
	${type === 'trait' ? 'patch: spec: replicas: parameter.replicas' : 'output: {apiVersion: "v1", kind: "ConfigMap", data: a: "\\(parameter.replicas)"}'}
	parameter: {
		// +usage=How many there are
		${parameter}
	}
}
`;

beforeAll(async () => {
  bed = await CliBed.start({ namespaces: ['apps'] });
}, 60_000);
afterAll(() => bed.stop(), 30_000);

const vela = (...args: readonly string[]): Promise<Ended> => bed.vela(args);
const get = (name: string, namespace = 'vela-system'): Promise<KubeObject> =>
  bed.client.get(traitDefinitionResource, { name, namespace });

describe('vela def apply', () => {
  test('creates, changes and leaves a definition of CUE', async () => {
    const file = await bed.file('scale.cue', cue('scale'));
    expect(await vela('def', 'apply', file)).toEqual({
      code: 0,
      stdout: 'TraitDefinition scale created in namespace vela-system.\n',
      stderr: '',
    });
    expect((await vela('def', 'apply', file)).stdout).toBe(
      'TraitDefinition scale in namespace vela-system unchanged.\n',
    );
    await bed.file('scale.cue', cue('scale', 'trait', 'replicas: *2 | int'));
    expect((await vela('def', 'apply', file)).stdout).toBe('TraitDefinition scale in namespace vela-system updated.\n');
    expect(JSON.stringify((await get('scale'))['spec'])).toContain('*2 | int');
  });

  test('writes into the namespace of -n, and reads standard input', async () => {
    const { code, stdout } = await bed.vela(['def', 'apply', '-', '-n', 'apps'], { stdin: cue('mine') });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'TraitDefinition mine created in namespace apps.\n' });
    expect((await get('mine', 'apps')).metadata.namespace).toBe('apps');
  });

  test('--dry-run prints the objects and asks no cluster', async () => {
    const file = await bed.file('dry.cue', cue('dry'));
    const { code, stdout, requests } = await bed.requestsOf(['def', 'apply', file, '--dry-run']);
    expect({ code, requests, object: load(stdout) }).toMatchObject({
      code: 0,
      requests: [],
      object: { kind: 'TraitDefinition', metadata: { name: 'dry', namespace: 'vela-system' } },
    });
  });

  test.each([
    {
      name: 'a template that does not compile',
      file: 'bad.cue',
      content: cue('bad').replace('parameter.replicas', 'parametre.replicas'),
      says: /bad\.cue: .*parametre/,
    },
    { name: 'CUE that cannot be read', file: 'broken.cue', content: 'a: {', says: /broken\.cue: / },
    {
      name: 'another kind of object',
      file: 'pod.yaml',
      content: 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n',
      says: /pod\.yaml: Pod p is no definition/,
    },
    { name: 'an empty file', file: 'empty.yaml', content: '', says: /empty\.yaml holds no definition/ },
  ])('refuses $name and writes nothing', async ({ file, content, says }) => {
    const path = await bed.file(file, content);
    const { code, stderr, requests } = await bed.requestsOf(['def', 'apply', path]);
    expect({ code, stderr, requests }).toEqual({ code: 1, stderr: expect.stringMatching(says), requests: [] });
  });
});

describe('vela def vet and render', () => {
  test('vet names every problem of every file', async () => {
    const good = await bed.file('good.cue', cue('good'));
    const bad = await bed.file('worse.cue', cue('worse').replace('parameter.replicas', 'missing'));
    expect(await vela('def', 'vet', good)).toEqual({ code: 0, stdout: `Validation ${good} succeed.\n`, stderr: '' });
    expect(await vela('def', 'vet', good, bad)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/worse\.cue: .*missing/),
    });
  });

  test('render prints objects, or writes a file for each', async () => {
    const folder = join(bed.folder, 'definitions');
    await mkdir(folder);
    for (const name of ['a', 'b']) await bed.file(`definitions/${name}.cue`, cue(name));
    const { stdout } = await vela('def', 'render', folder);
    expect((loadAll(stdout) as KubeObject[]).map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    const target = join(bed.folder, 'rendered');
    expect((await vela('def', 'render', folder, '-o', target)).stdout).toBe(`${target}/a.yaml\n${target}/b.yaml\n`);
    expect(await readdir(target)).toEqual(['a.yaml', 'b.yaml']);
    expect(load(await readFile(join(target, 'a.yaml'), 'utf8'))).toMatchObject({
      kind: 'TraitDefinition',
      metadata: { name: 'a' },
    });
  });
});

describe('definitions of a cluster', () => {
  beforeAll(async () => {
    for (const [name, type] of [
      ['listed', 'trait'],
      ['both', 'trait'],
      ['both', 'component'],
    ] as const)
      await vela('def', 'apply', await bed.file(`${name}-${type}.cue`, cue(name, type)));
  });

  test('are listed by name with their type and description', async () => {
    const { stdout } = await vela('def', 'list');
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(rows[0]).toEqual(['NAME', 'TYPE', 'NAMESPACE', 'DESCRIPTION']);
    expect(rows).toContainEqual(['listed', 'trait', 'vela-system', 'About listed']);
    expect(
      rows
        .filter(([name]) => name === 'both')
        .map(([, type]) => type)
        .toSorted(),
    ).toEqual(['component', 'trait']);
  });

  test('are limited to a type, and none is said in words', async () => {
    expect((await vela('def', 'list', '-t', 'component')).stdout).not.toContain('listed');
    expect(await vela('def', 'list', '-n', 'default')).toEqual({
      code: 0,
      stdout: 'No definition found.\n',
      stderr: '',
    });
    expect(await vela('def', 'list', '-t', 'traits')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"trait"'),
    });
  });

  test('are printed as their template', async () => {
    expect((await vela('def', 'get', 'listed')).stdout).toMatch(/^patch: spec: replicas: parameter\.replicas\n/);
  });

  test.each([
    { verb: 'get', name: 'absent', code: 3, says: 'there is no definition "absent" in namespace vela-system' },
    { verb: 'del', name: 'absent', code: 3, says: 'there is no definition "absent"' },
    { verb: 'get', name: 'both', code: 1, says: '"both" is component and trait; choose with --type' },
    { verb: 'del', name: 'both', code: 1, says: 'choose with --type' },
  ])('$verb of $name ends with status $code', async ({ verb, name, code, says }) => {
    expect(await vela('def', verb, name)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(says) });
  });

  test('are deleted by type', async () => {
    expect((await vela('def', 'del', 'both', '-t', 'component')).stdout).toBe(
      'ComponentDefinition both in namespace vela-system deleted.\n',
    );
    await expect(
      bed.client.get(componentDefinitionResource, { name: 'both', namespace: 'vela-system' }),
    ).rejects.toMatchObject({ reason: 'NotFound' });
    expect((await get('both')).kind).toBe('TraitDefinition');
  });
});

describe('vela show', () => {
  test('has a table of the parameters, and one for each structure in them', async () => {
    const parameter = 'replicas: *1 | int\n\t\tenv?: [...{name: string, value?: string}]\n\t\ttags?: [string]: string';
    await vela('def', 'apply', await bed.file('deep.cue', cue('deep', 'trait', parameter)));
    const { code, stdout } = await vela('show', 'deep');
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.replace(/ {2,}/g, '  '))).toEqual(
      expect.arrayContaining([
        '# Parameters',
        'NAME  DESCRIPTION  TYPE  REQUIRED  DEFAULT',
        'replicas  How many there are  integer  false  1',
        '# env',
      ]),
    );
    expect(stdout).toMatch(/tags +map\[string\]string +false/);
    expect(stdout).toMatch(/# env\n[^]*name +string +true/);
  });

  test('prints the schema, and suggests a name', async () => {
    await vela('def', 'apply', await bed.file('shown.cue', cue('shown')));
    expect(JSON.parse((await vela('show', 'shown', '-o', 'json')).stdout)).toMatchObject({
      properties: { replicas: { type: 'integer', default: 1 } },
    });
    expect(await vela('show', 'shwon')).toMatchObject({
      code: 3,
      stderr: 'Error: definition shwon does not exist; did you mean "shown"\nHint: vela def list\n',
    });
  });
});
