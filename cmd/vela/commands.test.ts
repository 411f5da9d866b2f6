import { expect, test } from '@jest/globals';
import { entries } from './commands.ts';
import type { Io } from './io.ts';

test.each(entries)('help says of "$command" what it says of itself', async ({ command, aliases, describe, load }) => {
  const io = { stdout: process.stdout, stderr: process.stderr, interactive: false, env: {} } as unknown as Io;
  const real = (await load())(io);
  expect({ command, aliases, describe }).toEqual({
    command: real.command,
    aliases: real.aliases,
    describe: real.describe,
  });
});
