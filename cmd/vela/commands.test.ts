import { expect, test } from '@jest/globals';
import { entries } from './commands.ts';
import { textIo } from '../../test/support/vela.ts';

test.each(entries)('help says of "$command" what it says of itself', async ({ command, aliases, describe, load }) => {
  const real = (await load())(textIo());
  expect({ command, aliases, describe }).toEqual({
    command: real.command,
    aliases: real.aliases,
    describe: real.describe,
  });
});
