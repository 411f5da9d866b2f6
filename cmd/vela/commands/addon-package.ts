import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { packageAddon, readArchive, withFolder } from '../../../pkg/addon/archive.ts';
import { send } from '../../../pkg/addon/http.ts';
import { RegistryStore } from '../../../pkg/addon/registry.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { declared } from '../declared.ts';
import { usageFailure } from '../failure.ts';
import { CliError, printLine } from '../io.ts';
import type { Io } from '../io.ts';

interface InitFlags {
  readonly name: string;
  readonly path: string | undefined;
}

interface PackageFlags {
  readonly folder: string;
}

interface PushFlags extends ClusterFlags, PackageFlags {
  readonly registry: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

const folderOption = <T>(argv: Argv<T>): Argv<T & PackageFlags> =>
  argv.positional('folder', { type: 'string', demandOption: true, describe: 'Folder of an addon' });

/** The commands for authors of addons. */
export const packageCommands = [initCommand, packageCommand, pushCommand];

function initCommand(io: Io): CommandModule<object, InitFlags> {
  return {
    command: 'init <name>',
    describe: 'Make a folder with the files of a new addon',
    builder: (argv: Argv) =>
      declared(
        argv
          .positional('name', { type: 'string', demandOption: true, describe: 'Name of the addon' })
          .option('path', { alias: 'p', type: 'string', describe: 'Folder to make (default: ./NAME)' }),
      ),
    handler: async ({ name, path = name }) => {
      if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name))
        throw usageFailure(`"${name}" is no name for an addon: lower-case letters, digits and dashes`);
      if (await exists(path)) throw new CliError(`${path} exists already`);
      for (const [file, text] of Object.entries(skeleton(name))) {
        await mkdir(dirname(join(path, file)), { recursive: true });
        await writeFile(join(path, file), text);
      }
      printLine(io, `Addon ${name} is in ${resolve(path)}.`);
      printLine(io, `Try it: vela addon enable ${join(path, '/')} --dry-run`);
    },
  };
}

function packageCommand(io: Io): CommandModule<object, PackageFlags> {
  return {
    command: 'package <folder>',
    describe: 'Pack an addon as an archive for a Helm repository',
    builder: (argv: Argv) => folderOption(argv),
    handler: async ({ folder }) => {
      printLine(io, `Successfully package addon to: ${await packageAddon(folder, process.cwd())}`);
    },
  };
}

function pushCommand(io: Io): CommandModule<object, PushFlags> {
  return {
    command: 'push <folder> <registry>',
    describe: 'Pack an addon and upload it to a ChartMuseum',
    builder: (argv: Argv) =>
      declared(
        folderOption(clusterOptions(argv))
          .positional('registry', {
            type: 'string',
            demandOption: true,
            describe: 'Name of a registry, or address of a ChartMuseum',
          })
          .option('username', { type: 'string', describe: 'User name (default: $HELM_REPO_USERNAME)' })
          .option('password', { type: 'string', describe: 'Password (default: $HELM_REPO_PASSWORD)' }),
      ),
    handler: async (flags) => {
      const place = await placeOf(io, flags);
      if (place.url.startsWith('oci://'))
        throw new CliError('vela addon push needs a ChartMuseum', {
          hint: `for ${place.url} use: vela addon package, then helm push`,
        });
      await withFolder(async (folder) => {
        const archive = await packageAddon(flags.folder, folder);
        const url = `${place.url.replace(/\/$/, '')}/api/charts`;
        const headers = { 'content-type': 'application/octet-stream' };
        const call = { method: 'POST', headers, body: await readArchive(archive), signal: io.signal } as const;
        const { status, body } = await send(url, place, call);
        if (status !== 201 && status !== 202)
          throw new CliError(`${url} answered ${status}: ${body.toString('utf8').trim().slice(0, 300)}`);
        printLine(io, `Pushed ${basename(archive)} to ${place.url}.`);
      });
    },
  };
}

interface Place {
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** An address is used as it is; a name is that of a registry of the cluster. */
async function placeOf(io: Io, flags: PushFlags): Promise<Place> {
  const { username = io.env['HELM_REPO_USERNAME'], password = io.env['HELM_REPO_PASSWORD'] } = flags;
  if (/^(https?|oci):\/\//.test(flags.registry)) return { url: flags.registry, username, password };
  const { helm } = await withCluster(io, flags, ({ client }) =>
    new RegistryStore(client, io.signal).get(flags.registry),
  );
  if (!helm) throw new CliError(`registry ${flags.registry} is no Helm repository`);
  return { url: helm.url, username: username ?? helm.username, password: password ?? helm.password };
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const skeleton = (name: string): Readonly<Record<string, string>> => ({
  'metadata.yaml': `name: ${name}
version: 1.0.0
description: What ${name} is for.
icon: ""
tags: []
`,
  'README.md': `# ${name}

Enable it with \`vela addon enable ${name}\`.
`,
  'parameter.cue': `parameter: {
	// +usage=Message that the addon keeps
	message: *"hello" | string
}
`,
  'template.cue': `package main

output: {
	apiVersion: "core.oam.dev/v1beta1"
	kind:       "Application"
	spec: components: [settings]
}
`,
  'resources/settings.cue': `package main

settings: {
	name: "${name}-settings"
	type: "k8s-objects"
	properties: objects: [{
		apiVersion: "v1"
		kind:       "ConfigMap"
		metadata: name: "${name}-settings"
		data: message: parameter.message
	}]
}
`,
  'definitions/.gitkeep': '',
  'NOTES.cue': `notes: "${name} is enabled."
`,
});
