import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { compatibleKubeVela } from '../../../pkg/apis/compatibility.ts';
import { packageRoot } from '../../../pkg/assets/root.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { messageOf } from '../failure.ts';
import { printLine } from '../io.ts';
import type { Io } from '../io.ts';

interface VersionFlags extends ClusterFlags {
  readonly client: boolean;
}

/** The version of this installation. */
export function ownVersion(): string {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

/** `vela version`: of this command, and of the cluster and the controllers when they can be reached. */
export function versionCommand(io: Io): CommandModule<object, VersionFlags> {
  return {
    command: 'version',
    describe: 'Print the versions of this command, the cluster and the controllers',
    builder: (argv: Argv) =>
      clusterOptions(argv).option('client', {
        type: 'boolean',
        default: false,
        describe: 'Only that of this command',
      }),
    handler: async (flags) => {
      printLine(io, `CLI Version: ${ownVersion()} (Flotilla)`);
      printLine(io, `Compatible With: KubeVela ${compatibleKubeVela}`);
      printLine(io, `Node Version: ${process.version}`);
      if (flags.client) return;
      try {
        await withCluster(io, flags, async ({ client }) => {
          const server = await client.raw<{ gitVersion: string }>('GET', '/version');
          printLine(io, `Cluster Version: ${server.gitVersion}`);
          const selector = 'app.kubernetes.io/name=vela-core';
          const deployments = await client.list(await client.resourceFor('apps/v1', 'Deployment'), {
            labelSelector: selector,
          });
          for (const { metadata, spec } of deployments.items) {
            const containers = (spec as { template?: { spec?: { containers?: { image?: string }[] } } }).template?.spec
              ?.containers;
            printLine(
              io,
              `Core Version: ${containers?.[0]?.image ?? 'unknown'} (${metadata.namespace}/${metadata.name})`,
            );
          }
        });
      } catch (error) {
        printLine(io, `Cluster Version: not reachable (${messageOf(error)})`);
      }
    },
  };
}
