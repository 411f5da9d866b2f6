import { afterEach, describe, expect, test } from '@jest/globals';
import { ChaosCluster } from '../chaos/cluster.ts';
import { reportOf } from '../chaos/report.ts';
import { runRound } from '../chaos/round.ts';
import { settingsOf } from '../chaos/settings.ts';

/** A short round; `make chaos` runs longer ones. */
const settings = {
  ...settingsOf({ SHARDS: '3', APPS: '20', DURATION: '9', EVERY: '0.9', LEASE: '3', QUIESCE: '100' }),
  groups: ['kill', 'stop', 'block', 'errors', 'label', 'lease', 'move'] as const,
};

let cluster: ChaosCluster | undefined;

afterEach(async () => {
  await cluster?.stop();
  await cluster?.remove();
}, 30_000);

describe('a fleet under faults of many kinds', () => {
  test.each([1])(
    'seed %i: comes to rest whole, with one writer at a time',
    async (seed) => {
      cluster = await ChaosCluster.inNewFolder();
      const result = await runRound(cluster, seed, settings);
      const { violations, struck, figures } = result;
      if (violations.length > 0) throw new Error(reportOf(result));
      expect(struck.size).toBeGreaterThan(3);
      expect(figures.writes).toBeGreaterThan(100);
    },
    170_000,
  );
});
