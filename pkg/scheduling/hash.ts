/** Spreads the bits of a number over all 32 (the finisher of MurmurHash3). */
function mix(bits: number): number {
  let hash = bits ^ (bits >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A well-mixed 32-bit hash of a text (FNV-1a and a finisher); the same everywhere and for ever. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/**
 * How much a key prefers a place, for weighted rendezvous hashing: over many keys each place scores highest in
 * proportion to its weight, and a place that comes or goes moves the keys of its own share only.
 */
export function rendezvousScore(key: string, place: string, weight: number): number {
  if (weight <= 0) return -Infinity;
  const u = (mix(Math.imul(hash32(place), 0x9e3779b1) + hash32(key)) + 0.5) / 2 ** 32;
  return -weight / Math.log(u);
}

/** Places by how much a key prefers them, best first. */
export function byPreference<T extends { readonly id: string; readonly weight: number }>(
  key: string,
  places: readonly T[],
): readonly T[] {
  return places
    .map((place) => ({ place, score: rendezvousScore(key, place.id, place.weight) }))
    .sort((a, b) => b.score - a.score || a.place.id.localeCompare(b.place.id))
    .map(({ place }) => place);
}
