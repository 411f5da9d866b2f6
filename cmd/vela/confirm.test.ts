import { describe, expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { textIo } from '../../test/support/vela.ts';
import type { Text } from '../../test/support/vela.ts';
import { confirm } from './confirm.ts';
import type { CliError, Io } from './io.ts';

const plan = ['shard shard-2 is removed; 3 applications move to shard-0, shard-1'];
const shown = `This change removes shards:\n  ${plan[0] ?? ''}\n`;

/** A terminal at which the lines are typed; without lines it is closed at once, as by Ctrl-D. */
const terminal = (...lines: readonly string[]): Io & { readonly stdout: Text } =>
  textIo({ interactive: true, stdin: lines.map((line) => `${line}\n`).join('') });

const failureOf = (io: Io, isGiven = false): Promise<CliError | undefined> =>
  confirm(io, isGiven, plan).then(
    () => undefined,
    (error: unknown) => error as CliError,
  );

describe('a change that removes shards', () => {
  test('is shown and done without a question where --yes is given', async () => {
    const io = textIo();
    expect(await failureOf(io, true)).toBeUndefined();
    expect(io.stdout.text).toBe(shown);
  });

  test.each(['y', 'Y', 'yes', ' YES '])('is done after the answer "%s"', async (answer) => {
    const io = terminal(answer);
    expect(await failureOf(io)).toBeUndefined();
    expect(io.stdout.text).toBe(`${shown}Continue? [y/N] `);
  });

  test.each(['', 'n', 'no', 'yess', 'of course'])('is not done after the answer "%s"', async (answer) => {
    expect(await failureOf(terminal(answer))).toMatchObject({ message: 'not done', exitCode: 1 });
  });

  test('is not done when the terminal is closed', async () => {
    expect(await failureOf(terminal())).toMatchObject({ message: 'not done', exitCode: 1 });
  });

  test('takes the first line for the answer', async () => {
    expect(await failureOf(terminal('no', 'yes'))).toMatchObject({ message: 'not done' });
  });

  test('ends at Ctrl-C of the whole command', async () => {
    const stopping = new AbortController();
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const io: Io = { ...textIo({ interactive: true, signal: stopping.signal }), stdin };
    const failed = failureOf(io);
    stopping.abort(new Error('stopped by SIGINT'));
    expect(await failed).toMatchObject({ name: 'AbortError' });
  });

  test.each([
    { name: 'neither end is a terminal', isTTY: false, interactive: false },
    { name: 'the output is a file', isTTY: true, interactive: false },
    { name: 'the input is a file', isTTY: false, interactive: true },
  ])('is refused with the remedy where $name', async ({ isTTY, interactive }) => {
    const text = textIo({ interactive, stdin: 'y\n' });
    const io: Io = { ...text, stdin: Object.assign(text.stdin, { isTTY }) };
    expect(await failureOf(io)).toMatchObject({
      message: 'not done: the change needs consent, and there is no terminal to ask for it',
      hint: 'repeat the command with --yes',
      exitCode: 2,
    });
    expect(text.stdout.text).toBe(shown);
  });
});
