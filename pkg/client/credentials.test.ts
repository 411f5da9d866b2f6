import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '../../machinery/src/clock/fake.ts';
import { fixedCredentials, TokenFile } from './credentials.ts';

let folder: string;
let file: string;
let clock: FakeClock;
let tokens: TokenFile;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'token-'));
  file = join(folder, 'token');
  clock = new FakeClock();
  tokens = new TokenFile(file, clock);
});
afterEach(() => rm(folder, { recursive: true }));

describe('a token of a file', () => {
  test('is read again every minute', async () => {
    await writeFile(file, 'first\n');
    expect(await tokens.get()).toEqual({ authorization: 'Bearer first' });
    await writeFile(file, 'second\n');
    await clock.advance(59_000);
    expect(await tokens.get()).toEqual({ authorization: 'Bearer first' });
    await clock.advance(1_000);
    expect(await tokens.get()).toEqual({ authorization: 'Bearer second' });
  });

  test('is read again at once when the API server refused it', async () => {
    await writeFile(file, 'first');
    await tokens.get();
    await writeFile(file, 'second');
    tokens.invalidate();
    expect(await tokens.get()).toEqual({ authorization: 'Bearer second' });
  });

  test.each([
    { name: 'is absent', content: undefined, says: 'cannot be read' },
    { name: 'is empty', content: ' \n', says: 'is empty' },
  ])('that $name is named', async ({ content, says }) => {
    if (content !== undefined) await writeFile(file, content);
    await expect(tokens.get()).rejects.toMatchObject({
      reason: 'BadCredentials',
      message: `token file ${file}: ${says}`,
    });
  });

  test('that could not be read once is tried again at the next request', async () => {
    await tokens.get().catch(() => undefined);
    await writeFile(file, 'late');
    expect(await tokens.get()).toEqual({ authorization: 'Bearer late' });
  });
});

test('a fixed credential stays after a refusal', async () => {
  const fixed = fixedCredentials({ authorization: 'Basic x' });
  fixed.invalidate();
  expect(await fixed.get()).toEqual({ authorization: 'Basic x' });
});
