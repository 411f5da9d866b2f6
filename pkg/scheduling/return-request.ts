import { annotations } from '../apis/names.ts';

type Notes = Readonly<Record<string, string>>;

/**
 * Returns the annotations by which a process of a shard requests the Lease back from an adopter. Undefined where the holder
 * is of the same shard, or the request is on the Lease already.
 */
export function requestReturn(shard: string, identity: string, notes: Notes): Notes | undefined {
  const home = notes[annotations.homeShard];
  const isAdopted = home !== undefined && home !== shard;
  return isAdopted && notes[annotations.wantedBy] === undefined ? { [annotations.wantedBy]: identity } : undefined;
}

/** Returns the identity that requests an adopted shard back, as the Lease records it; the holder returns the shard then. */
export const returnRequestedBy = (notes: Notes): string | undefined => notes[annotations.wantedBy];
