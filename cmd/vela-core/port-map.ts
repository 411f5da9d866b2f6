/** Port of a flag → port to listen on instead, where several processes share one address. */
export type PortMap = ReadonlyMap<number, number>;

/** Reads `8080=41001,9440=41002`, as the embedded cluster sets it; entries that are not two ports are left out. */
export function readPortMap(text: string | undefined): PortMap {
  const pairs = [...(text ?? '').matchAll(/(?:^|,)(\d+)=(\d+)(?=,|$)/g)];
  return new Map(pairs.map(([, from, to]) => [Number(from), Number(to)]));
}
