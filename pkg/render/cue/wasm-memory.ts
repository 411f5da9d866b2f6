/**
 * Returns a WebAssembly module whose memory may not grow beyond so many pages of 64 KiB. What a template makes the
 * compiler allocate then ends the compiler, not the process. A module without a memory of its own is returned as it is.
 *
 * It refers to nothing outside of itself: its text runs in a thread that has no other code.
 */
export function withMemoryLimit(module: Uint8Array, maxPages: number): Uint8Array {
  const memorySection = 5;
  const encode = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...encode(value >> 7)]);
  const decode = (at: number): readonly [value: number, next: number] => {
    let value = 0;
    for (let i = 0; ; i++) {
      const byte = module[at + i] ?? 0;
      value += (byte % 128) * 2 ** (7 * i);
      if (byte < 128) return [value, at + i + 1];
    }
  };
  for (let at = 8; at < module.length;) {
    const [size, begin] = decode(at + 1);
    if (module[at] === memorySection) {
      const [, flag] = decode(begin);
      const [min] = decode(flag + 1);
      const content = [1, 1, ...encode(min), ...encode(Math.max(min, maxPages))];
      const section = [memorySection, ...encode(content.length), ...content];
      const limited = new Uint8Array(at + section.length + module.length - begin - size);
      limited.set(module.subarray(0, at));
      limited.set(section, at);
      limited.set(module.subarray(begin + size), at + section.length);
      return limited;
    }
    at = begin + size;
  }
  return module;
}
