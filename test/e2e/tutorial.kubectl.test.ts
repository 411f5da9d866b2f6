import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { access, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../pkg/assets/root.ts';
import { eventually } from '../support/fleet.ts';
import { examplesOf } from '../support/markdown.ts';
import { ShellSession } from '../support/shell-session.ts';

const page = readFileSync(join(packageRoot(), 'docs/tutorial.md'), 'utf8');

let folder: string;
let shell: ShellSession;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tutorial-'));
  // as in a checkout that has been built
  for (const name of ['bin', 'docs']) await symlink(join(packageRoot(), name), join(folder, name));
  const { KUBECONFIG: _, ...env } = process.env;
  shell = new ShellSession({ cwd: folder, env: { ...env, HOME: folder } });
});

afterAll(async () => {
  await shell.end();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

describe('the commands of docs/tutorial.md', () => {
  test.each(examplesOf(page))(
    '$heading ($#)',
    async ({ commands, output: shown }) => {
      // `make test` has built it
      const { code, output } = await shell.run(commands.replace(/^make build$/m, ''));
      expect({ code, output }).toEqual({ code: 0, output: expect.any(String) });
      for (const line of shown) expect(output.replace(/[^\S\n]+/g, ' ')).toMatch(line);
      if (commands.includes('vela dev up'))
        await eventually('the cluster to start', () => access(join(folder, '.vela/kubeconfig')));
    },
    300_000,
  );
});
