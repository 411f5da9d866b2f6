import type { Logger } from '../../machinery/src/logging/logger.ts';
import { leaseNameOf } from './options.ts';
import type { Config } from './config.ts';
import { runCore } from './run.ts';

/**
 * Runs the controller until a signal stops it and returns the exit status. SIGTERM and SIGINT stop it gracefully;
 * a second one ends the process at once.
 */
export async function runUntilSignalled(config: Config, logger: Logger): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(130);
      logger.info({ reason: signal }, 'stopping');
      stop.abort(new Error(`stopped by ${signal}`));
    });
  }
  const { mode, version, podName, namespace, election, sharding } = config;
  const lease = election && leaseNameOf(election, sharding?.shard);
  logger.info({ mode, version, pod: podName, namespace, lease }, 'starting vela-core');
  for (const warning of config.warnings) logger.warn({ reason: warning }, 'command line');
  try {
    await runCore(config, logger, stop.signal);
    logger.info('vela-core stopped');
    return 0;
  } catch (error) {
    logger.fatal({ err: error }, 'vela-core failed');
    return 1;
  }
}
