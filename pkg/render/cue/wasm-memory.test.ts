import { expect, test } from '@jest/globals';
import { withMemoryLimit } from './wasm-memory.ts';

/** As far as it is used here; Node's types leave it out. */
interface Memory {
  grow(pages: number): number;
}
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
};

/** A module with a memory of one page, which it exports as `m`, and a custom section behind. */
const module = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[5, 3, 1, 0, 1],
  ...[7, 5, 1, 1, 0x6d, 2, 0],
  ...[0, 3, 1, 0x78, 7],
]);

const memoryOf = (bytes: Uint8Array): Memory =>
  new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports['m'] as Memory;

test('a memory grows up to its limit, and no further', () => {
  expect(memoryOf(module).grow(1000)).toBe(1);
  const limited = memoryOf(withMemoryLimit(module, 300));
  expect(limited.grow(299)).toBe(1);
  expect(() => limited.grow(1)).toThrow(RangeError);
});

test('a module without a memory stays as it is', () => {
  const empty = module.slice(0, 8);
  expect(withMemoryLimit(empty, 1)).toBe(empty);
});
