import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { loadAddon } from './addon.ts';
import type { Addon } from './addon.ts';
import { AddonError } from './addon-error.ts';
import type { GitSource } from './registry.ts';
import { notFound } from './source.ts';
import type { AddonSource, RegistryAccess } from './source.ts';
import { availableIn } from './status.ts';
import type { AvailableAddon } from './status.ts';

/** A folder in a repository of Git, cloned when it is first needed. */
export class GitFolder implements AddonSource {
  readonly #name: string;
  readonly #source: GitSource;
  readonly #access: RegistryAccess;
  #cloned: Promise<string> | undefined;

  constructor(name: string, source: GitSource, access: RegistryAccess) {
    this.#name = name;
    this.#source = source;
    this.#access = access;
  }

  async list(): Promise<readonly AvailableAddon[]> {
    const found = await availableIn(await this.#folder());
    return found.map((addon) => ({ ...addon, registry: this.#name }));
  }

  async fetch(name: string, version: string | undefined): Promise<Addon> {
    const folder = await this.#folder();
    const found = (await availableIn(folder)).map((one) => one.name);
    const addon = await loadAddon(join(folder, name), this.#name).catch(() => undefined);
    if (!addon) throw notFound(this.#name, { name, version: undefined }, found);
    const { metadata } = addon;
    if (version !== undefined && version !== metadata.version)
      throw notFound(this.#name, { name, version }, [metadata.version]);
    return addon;
  }

  #folder(): Promise<string> {
    return (this.#cloned ??= this.#clone());
  }

  async #clone(): Promise<string> {
    const { repository, branch, path } = placeOf(this.#source);
    const folder = join(this.#access.folder, 'git');
    const only = branch === undefined ? [] : ['--branch', branch];
    await git(['clone', '--quiet', '--depth', '1', ...only, '--', repository, folder], this.#access);
    return join(folder, path);
  }
}

/** Takes an address as browsers show it apart: `https://host/owner/repository/tree/branch/path`. */
export function placeOf({ url, path = '' }: GitSource): {
  readonly repository: string;
  readonly branch: string | undefined;
  readonly path: string;
} {
  const [, repository = url, branch, inside = ''] = /^(.+?)(?:\/-)?\/tree\/([^/]+)\/?(.*)$/.exec(url) ?? [];
  return { repository, branch, path: path === '' ? inside : path };
}

/**
 * Throws AddonError Registry with the message of git. The token is in the environment, where other users cannot see it.
 */
async function git(args: readonly string[], { env, token, signal }: RegistryAccess): Promise<void> {
  const header = `Authorization: Basic ${Buffer.from(`x-access-token:${token ?? ''}`).toString('base64')}`;
  const own = token && { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.extraHeader', GIT_CONFIG_VALUE_0: header };
  const child = spawn('git', args, {
    env: { ...env, GIT_TERMINAL_PROMPT: '0', ...own },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(Buffer.concat(said).toString('utf8').trim().replace(/\s+/g, ' '));
  } catch (error) {
    if (signal.aborted) throw error;
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const problem = isMissing ? 'the program git is needed and was not found' : (error as Error).message;
    throw new AddonError('Registry', [`git ${args[0] ?? ''}: ${problem}`], error);
  }
}
