import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandModule } from 'yargs';
import { packageRoot } from '../../pkg/assets/root.ts';
import { runVela, textIo } from '../../test/support/vela.ts';
import type { Ended } from '../../test/support/vela.ts';
import { entries } from './commands.ts';

const run = (...args: readonly string[]): Promise<Ended> => runVela(args);

interface Described {
  readonly path: readonly string[];
  readonly aliases: readonly string[];
  readonly module: CommandModule;
  /** What describes each argument and flag that the command declares; undefined where nothing does. */
  readonly words: ReadonlyMap<string, string | undefined>;
  readonly children: readonly CommandModule[];
}

/** Lets a command declare its subcommands and flags. */
async function declared(module: CommandModule, above: readonly string[]): Promise<Described> {
  const children: CommandModule[] = [];
  const words = new Map<string, string | undefined>();
  const recorder: object = new Proxy(
    {},
    {
      // awaiting it must not call it
      get: (_, method) =>
        method !== 'then' &&
        ((first: unknown, settings?: { describe?: string }) => {
          if (method === 'command') children.push(first as CommandModule);
          if (method === 'option' || method === 'positional') words.set(String(first), settings?.describe);
          return recorder;
        }),
    },
  );
  if (typeof module.builder === 'function') await module.builder(recorder as never);
  const name = String(module.command).split(' ')[0] ?? '';
  const aliases = typeof module.aliases === 'string' ? [module.aliases] : (module.aliases ?? []);
  return { path: [...above, name], aliases, module, words, children };
}

async function tree(modules: readonly CommandModule[], above: readonly string[] = []): Promise<readonly Described[]> {
  const found = await Promise.all(modules.map((module) => declared(module, above)));
  const below = await Promise.all(found.map(({ children, path }) => tree(children, path)));
  return found.flatMap((one, i) => [one, ...(below[i] ?? [])]);
}

const io = textIo();
const modules: CommandModule[] = [];
for (const { load } of entries) modules.push((await load())(io));
const commands = await tree(modules);
const rows = commands.map((command) => ({ name: command.path.join(' '), command }));

describe('help', () => {
  test.each(rows)('of "$name" describes it, its arguments and its flags', async ({ command }) => {
    const { path, module, words } = command;
    expect(module.describe).toMatch(/^[A-Z].*[^.]$/);
    const positionals = [...String(module.command).matchAll(/[<[]([\w-]+)(?:\.\.)?[>\]]/g)].map(([, name]) => name);
    expect([...words.keys()]).toEqual(expect.arrayContaining(positionals));
    for (const [word, text] of words)
      expect({ word, text }).toEqual({ word, text: expect.stringMatching(/^\S.*[^.]$/) });
    const help = await run(...path, '--help');
    expect({ code: help.code, stderr: help.stderr }).toEqual({ code: 0, stderr: '' });
    expect(help.stdout).toContain(`vela ${path.join(' ')}`);
    const plain = (text: string): string => text.replace(/\s+/g, '');
    expect(plain(help.stdout)).toContain(plain(String(module.describe)));
    for (const [word, text] of words) {
      expect(help.stdout).toContain(word);
      expect(plain(help.stdout)).toContain(plain(text ?? '').slice(0, 20));
    }
    expect((await run('help', ...path)).stdout).toBe(help.stdout);
  });

  test('without a command lists all, and refuses one that does not exist', async () => {
    const { code, stdout } = await run('help');
    expect(code).toBe(0);
    for (const { command } of entries) expect(stdout).toContain(`vela ${command}`);
    expect(await run('help', 'nonsense')).toMatchObject({ code: 2, stderr: expect.stringContaining('nonsense') });
  });

  test.each(rows.filter(({ command }) => command.children.length > 0))(
    '"$name" alone asks for a subcommand',
    async ({ command: { path } }) => {
      const { code, stderr } = await run(...path);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`vela ${path.join(' ')} --help`) });
    },
  );
});

describe('a command line that is wrong', () => {
  test.each<{ args: readonly string[]; says: RegExp; code?: number }>([
    { args: [], says: /which command/ },
    { args: ['stauts', 'x'], says: /unknown command; did you mean "status"/ },
    { args: ['addon', 'enabel', 'x'], says: /unknown command; did you mean "enable"/ },
    { args: ['status'], says: /not enough non-option arguments/ },
    { args: ['up', '--fiel', 'x'], says: /unknown argument: fiel/ },
    { args: ['up', '-f'], says: /not enough arguments following: f/ },
    { args: ['up', '-f', ''], says: /--file needs a value/ },
    { args: ['up'], says: /nothing to do: give --file/ },
    { args: ['up', 'x'], says: /nothing to do with x: give --shard-id or --publish-version/ },
    { args: ['up', 'x', '-f', 'y'], says: /either a name or --file/ },
    { args: ['up', '-f', '/nonexistent'], says: /cannot read \/nonexistent: no such file or folder/, code: 1 },
    { args: ['ls', '-o', 'xml'], says: /invalid values[^]*"json"/ },
    { args: ['completion', 'tcsh'], says: /Choices: "bash", "zsh", "fish", "powershell"/ },
    {
      args: ['cluster', 'list'],
      says: /command "cluster" of KubeVela's CLI does not exist here\nHint: other clusters/,
    },
    { args: ['ls'], says: /kubeconfig/, code: 1 },
  ])('$args ends with a message', async ({ args, says, code = 2 }) => {
    const { code: ended, stdout, stderr } = await run(...args);
    expect({ ended, stdout }).toEqual({ ended: code, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).toMatch(/^Error: [^\n]+\n/);
  });
});

test('--version shows this command and what it is compatible with', async () => {
  const { code, stdout } = await run('--version');
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/\(Flotilla\)\nCompatible With: KubeVela 1\./),
  });
});

test.each(['bash', 'zsh', 'fish', 'powershell'])('completion %s asks the command itself', async (shell) => {
  const { code, stdout } = await run('completion', shell);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('vela --get-yargs-completions') });
});

test('every command that messages and docs mention exists', () => {
  const root = packageRoot();
  const files = ['cmd', 'pkg', 'docs'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  // this page is about the commands of KubeVela's CLI
  const isOther = (name: string): boolean => name === join('docs', 'reference/compatibility.md');
  const texts = [...files.filter((name) => /(?<!\.test)\.ts$|\.md$/.test(name) && !isOther(name)), 'README.md'];
  const unknown = texts.flatMap((name) => {
    const text = readFileSync(join(root, name), 'utf8');
    return [...text.matchAll(/\bvela ([a-z][a-z-]+)(?: ([a-z][a-z-]+))?/g)].flatMap(([all, first = '', second]) => {
      const group = commands.find(({ path, aliases }) => path.length === 1 && [...path, ...aliases].includes(first));
      const isFine =
        first === 'help' || (group && (group.children.length === 0 || second === undefined || hasChild(group, second)));
      return isFine ? [] : [`${name}: ${all}`];
    });
  });
  expect(unknown).toEqual([]);
});

const hasChild = ({ path: [group = ''] }: Described, word: string): boolean =>
  commands.some(({ path, aliases }) => path.length === 2 && path[0] === group && [path[1], ...aliases].includes(word));
