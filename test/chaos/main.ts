import { rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ChaosCluster } from './cluster.ts';
import { reportOf, summaryOf } from './report.ts';
import { runRound } from './round.ts';
import type { RoundResult } from './round.ts';
import { settingsOf } from './settings.ts';
import type { Settings } from './settings.ts';

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** One round in a folder of its own, which stays when something is wrong. */
async function round(seed: number, settings: Settings): Promise<boolean> {
  const cluster = await ChaosCluster.inNewFolder(settings.assets);
  let keeps = true;
  const interrupted = (): void => {
    cluster.killNow();
    rmSync(cluster.folder, { recursive: true, force: true });
    process.exit(130);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, interrupted);
  let result: RoundResult | undefined;
  try {
    result = await runRound(cluster, seed, settings);
    keeps = settings.keep || result.violations.length > 0;
    print(reportOf(result));
  } catch (error) {
    print(`seed ${seed}: FAILED: the round could not be run
${inspect(error)}`);
  } finally {
    if (keeps) {
      await writeFile(join(cluster.folder, 'violations.json'), JSON.stringify(result?.violations ?? [], undefined, 2));
      await cluster.saveLogs();
      print(`  kept: ${cluster.folder}`);
    }
    await cluster.stop();
    if (!keeps) await cluster.remove();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, interrupted);
  }
  return result?.violations.length === 0;
}

const settings = settingsOf(process.env);
let passed = 0;
for (let i = 0; i < settings.rounds; i += 1) if (await round(settings.seed + i, settings)) passed += 1;
print(summaryOf(passed, settings.rounds - passed));
process.exitCode = passed === settings.rounds ? 0 : 1;
