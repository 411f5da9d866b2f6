import type { Random } from '../../../machinery/src/clock/clock.ts';

/** A ratio of two figures, and between what nine of ten such measurements would find it. */
export interface Ratio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

const resamples = 1000;

/**
 * How a figure of one case relates to that of another that took turns with it, round by round. The bounds come from the
 * same rounds drawn again and again with replacement (the bootstrap).
 */
export function ratioOf<Run>(
  cases: { readonly of: readonly Run[]; readonly to: readonly Run[] },
  figure: (runs: readonly Run[]) => number,
  random: Random,
): Ratio {
  const relate = (rounds: readonly number[]): number =>
    figure(rounds.flatMap((round) => cases.of[round] ?? [])) / figure(rounds.flatMap((round) => cases.to[round] ?? []));
  const rounds = [...cases.of.keys()];
  const found = Array.from({ length: resamples }, () =>
    relate(rounds.map(() => Math.floor(random() * rounds.length))),
  ).sort((a, b) => a - b);
  const at = (part: number): number => found[Math.floor(part * (resamples - 1))] ?? NaN;
  return { ratio: relate(rounds), low: at(0.05), high: at(0.95) };
}

export const formatRatio = ({ ratio, low, high }: Ratio): string =>
  `${ratio.toFixed(2)}, ${low.toFixed(2)} to ${high.toFixed(2)}`;
