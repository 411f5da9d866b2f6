import { readFileSync } from 'node:fs';
import { access, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../pkg/assets/root.ts';
import { eventually } from './fleet.ts';
import { examplesOf } from './markdown.ts';
import { ShellSession } from './shell-session.ts';

/** A reader of docs/operations: a shell with an embedded cluster, in a folder of its own that has the docs and manifests. */
export class DocReader {
  readonly #folder: string;
  readonly #shell: ShellSession;

  private constructor(folder: string, shell: ShellSession) {
    this.#folder = folder;
    this.#shell = shell;
  }

  /** Starts the shell and the cluster. */
  static async start(): Promise<DocReader> {
    const folder = await mkdtemp(join(tmpdir(), 'doc-reader-'));
    const { KUBECONFIG: _, ...env } = process.env;
    const path = `${join(packageRoot(), 'bin')}:${env['PATH'] ?? ''}`;
    const shell = new ShellSession({ cwd: folder, env: { ...env, HOME: folder, PATH: path } });
    for (const name of ['docs', 'deploy']) await symlink(join(packageRoot(), name), join(folder, name));
    const reader = new DocReader(folder, shell);
    await reader.run('vela dev up --port 0 --ready-delay 100 &\nexport KUBECONFIG=$PWD/.vela/kubeconfig');
    await eventually('the cluster to start', () => access(join(folder, '.vela/kubeconfig')));
    return reader;
  }

  /** Runs commands and returns their output with single spaces. Throws where one fails. */
  async run(commands: string): Promise<string> {
    const { code, output } = await this.#shell.run(commands);
    if (code !== 0) throw new Error(`${commands}\nended with ${code}\n${output}`);
    return output.replace(/[^\S\n]+/g, ' ');
  }

  /** Runs the blocks below a heading of a page, and returns their output. */
  async follow(page: string, heading: string): Promise<string> {
    const text = readFileSync(join(packageRoot(), 'docs/operations', page), 'utf8');
    const blocks = examplesOf(text).filter((block) => block.heading === heading);
    if (blocks.length === 0) throw new Error(`${page} has no commands below "${heading}"`);
    const outputs: string[] = [];
    for (const { commands } of blocks) outputs.push(await this.run(commands));
    return outputs.join('\n');
  }

  async end(): Promise<void> {
    await this.#shell.end();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
