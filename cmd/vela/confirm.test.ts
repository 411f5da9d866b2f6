import { describe, expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { confirm } from './confirm.ts';
import { exitCodes } from './io.ts';
import type { Io } from './io.ts';

const plan = ['shard shard-2 is removed; 3 applications move to shard-0, shard-1'];

/** A terminal, or none, at which a person answers. */
function at(answer: string | undefined, isTTY = true): { readonly io: Io; readonly printed: () => string } {
  const stdin = Object.assign(new PassThrough(), { isTTY });
  const stdout = new PassThrough();
  if (answer !== undefined) stdin.write(answer);
  stdin.end();
  const io = { stdin, stdout, stderr: stdout, interactive: isTTY, env: {}, signal: new AbortController().signal };
  return { io, printed: () => String(stdout.read() ?? '') };
}

describe('consent to the removal of shards', () => {
  test.each(['y\n', 'yes\n', ' Y \n'])('is given by %j, after the plan was printed', async (answer) => {
    const { io, printed } = at(answer);
    await confirm(io, false, plan);
    expect(printed()).toBe(`This change removes shards:\n  ${plan.join('')}\nContinue? [y/N] `);
  });

  test.each(['n\n', '\n', 'yess\n', undefined])('is not given by %j', async (answer) => {
    await expect(confirm(at(answer).io, false, plan)).rejects.toThrow('not done');
  });

  test('is needed beforehand where there is no terminal', async () => {
    const { io, printed } = at('y\n', false);
    await expect(confirm(io, false, plan)).rejects.toMatchObject({
      message: expect.stringContaining('no terminal'),
      hint: 'repeat the command with --yes',
      exitCode: exitCodes.usage,
    });
    expect(printed()).toContain('shard-2 is removed');
  });

  test('that is given beforehand is not asked for, and the plan is printed all the same', async () => {
    const { io, printed } = at(undefined, false);
    await confirm(io, true, plan);
    expect(printed()).toContain('shard-2 is removed');
    expect(printed()).not.toContain('Continue');
  });
});
