import type { KubeClient } from '../../pkg/apis/kube-client.ts';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { suggestion } from '../../pkg/appfile/suggest.ts';
import { CliError, exitCodes } from './io.ts';
import type { Io } from './io.ts';
import { readShards } from './shards.ts';

/** Refuses a shard that does not exist; where no shard is known, it may still be started. */
export async function checkShard(io: Io, client: KubeClient, id: string): Promise<void> {
  const known = (await readShards(client, systemNamespace, io.clock)).map(({ shard }) => shard);
  if (known.includes(id)) return;
  if (known.length > 0)
    throw new CliError(`shard ${id} does not exist${suggestion(id, known)}`, {
      exitCode: exitCodes.notFound,
      hint: `the shards are ${known.join(', ')}; see vela shard list`,
    });
  io.stderr.write(`Warning: no shard is known, so nothing delivers for shard ${id} until its controller is started\n`);
}
