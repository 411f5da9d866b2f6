import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../pkg/assets/root.ts';
import { runCommand } from '../support/fleet.ts';
import { oneAddress } from '../support/needs.mjs';

/** A fleet where the loopback has 127.0.0.1 only, as on macOS. One script, because everything runs in one namespace. */
const script = `
set -eu
${oneAddress}
export KUBECONFIG=$1/kubeconfig
vela=$2/bin/vela
$vela dev up --port 0 --ready-delay 50 --kubeconfig "$KUBECONFIG" &
server=$!
trap 'kill $server; wait $server || true' EXIT
until [ -s "$KUBECONFIG" ]; do kill -0 $server; sleep 0.1; done
$vela install --set sharding.enabled=true --timeout 90
$vela addon enable vela-core-shard-manager nShards=2 --timeout 90
$vela up -f "$2/docs/examples/01-shop.yaml" --timeout 90
$vela status shop
$vela shard list
`;

describe('a machine with one loopback address', () => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flotilla-one-address-'));
    await writeFile(join(folder, 'script.sh'), script);
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test('runs a master and two shards on ports of their own, and they deliver', async () => {
    const args = ['-rn', 'sh', join(folder, 'script.sh'), folder, packageRoot()];
    const { code, stdout, stderr } = await runCommand('unshare', args, { env: { ...process.env } });
    expect({ code, said: `${stdout}${stderr}` }).toMatchObject({
      code: 0,
      said: expect.stringMatching(/shard-1.*Ready/),
    });
  }, 300_000);
});
