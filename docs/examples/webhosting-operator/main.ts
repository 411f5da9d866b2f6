import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { loadConnection } from '../../../pkg/client/connection.ts';
import { newKubeClient } from '../../../pkg/client/http-client.ts';
import { systemClock as clock, systemRandom as random } from '../../../machinery/src/clock/system.ts';
import { newLogger } from '../../../machinery/src/logging/logger.ts';
import { newRegistry } from '../../../pkg/metrics/registry.ts';
import { runMaster, runShard } from './operator.ts';

const { values } = parseArgs({
  options: { 'shard-id': { type: 'string', default: 'master' }, namespace: { type: 'string', default: 'default' } },
});
const shard = values['shard-id'];
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'])
  process.once(name, () => {
    stop.abort(new Error(`stopped by ${name}`));
  });

const logger = newLogger({ level: 'info' });
const connection = await loadConnection({ env: process.env });
const client = newKubeClient(connection, { qps: 50, burst: 100, userAgent: 'webhosting-operator', clock, random });
const parts = { client, namespace: values.namespace, logger, metrics: newRegistry(), leaseDurationMs: 15_000 };
const identity = `${shard}_${randomUUID()}`;
if (shard === 'master') await runMaster(parts, identity, stop.signal);
else await runShard(parts, { shard, identity }, stop.signal);
await client.close();
