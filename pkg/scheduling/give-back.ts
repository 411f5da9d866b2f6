import { annotations } from '../apis/names.ts';

type Notes = Readonly<Record<string, string>>;

/**
 * What a process of a shard says on its Lease while somebody else works for it. Nothing where the holder is of the same
 * shard, or knows already.
 */
export function wish(shard: string, identity: string, notes: Notes): Notes | undefined {
  const home = notes[annotations.homeShard];
  const isAdopted = home !== undefined && home !== shard;
  return isAdopted && notes[annotations.wantedBy] === undefined ? { [annotations.wantedBy]: identity } : undefined;
}

/** Who wants an adopted shard back, as it says on the Lease: its holder gives it back then. */
export const wantedBy = (notes: Notes): string | undefined => notes[annotations.wantedBy];
