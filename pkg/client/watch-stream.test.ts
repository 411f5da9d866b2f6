import { expect, test } from '@jest/globals';
import { cutManagedFields, linesOf } from './watch-stream.ts';

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

async function collect(stream: AsyncIterable<string>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of stream) lines.push(line);
  return lines;
}

test('lines are whole, wherever the chunks end', async () => {
  const [head = 0, tail = 0] = Buffer.from('é');
  async function* split(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(Buffer.from([0x22, head]));
    yield Buffer.from([tail, 0x22, 0x0a]);
  }
  await expect(collect(linesOf(chunks('{"a"', ':1}\n{"b":2', '}\n\n')))).resolves.toEqual(['{"a":1}', '{"b":2}']);
  await expect(collect(linesOf(split()))).resolves.toEqual(['"é"']);
  await expect(collect(linesOf(chunks('{"a":')))).rejects.toThrow('broke off within an event');
});

const event = (metadata: object): string => JSON.stringify({ type: 'MODIFIED', object: { kind: 'P', metadata } });
const managedFields = [{ manager: 'm', fieldsV1: { 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } } } }];

test('managed fields at the end are cut, everything else stays as it was', () => {
  const known = { name: 'x', labels: { a: 'b' } };
  expect(cutManagedFields(event({ ...known, managedFields }))).toBe(event(known));
  expect(cutManagedFields(event({ ...known, managedFields: [] }))).toBe(event(known));
});

test.each([
  ['no managed fields', event({ name: 'x', finalizers: ['a'] })],
  ['managed fields that are not the last', event({ managedFields, name: 'x' })],
  [
    'a text that resembles an event',
    event({ name: 'x', annotations: { a: ',"managedFields":[]}}}' }, finalizers: ['a'] }),
  ],
])('left alone: %s', (_, line) => {
  expect(cutManagedFields(line)).toBe(line);
});
