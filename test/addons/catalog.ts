import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { loadAddon } from '../../pkg/addon/addon.ts';
import { applicationResource } from '../../pkg/apis/application.ts';
import { labels, systemNamespace } from '../../pkg/apis/names.ts';
import { exists } from '../../pkg/addon/addon-files.ts';
import { startCluster } from '../support/fleet.ts';
import type { TestCluster } from '../support/fleet.ts';
import { differences } from './compare.ts';
import { leftOver, namesIn } from './names.ts';

/**
 * Enables every addon of a catalogue with its defaults on an embedded cluster with controllers, and prints a table of
 * what came of it. Arguments: the catalogue's folder (or CATALOG), and optionally REFERENCE, a folder with NAME.yaml for
 * each addon: the objects that `vela addon enable --dry-run` of KubeVela prints for it. ONLY, a regular expression, chooses
 * among the folders; dependencies are enabled too. TABLE is a file for the table.
 */
const [catalogue = process.env['CATALOG'], reference = process.env['REFERENCE']] = process.argv.slice(2);
const table = process.env['TABLE'];

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

interface Outcome {
  readonly addon: string;
  readonly accepted: boolean;
  readonly reason: string;
  readonly left: readonly string[];
  readonly differences: readonly string[] | undefined;
}

async function addonFolders(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name === 'metadata.yaml');
  return files.map((entry) => entry.parentPath).sort();
}

/** Dependencies come first; an addon that cannot be read comes where it stands. */
async function inOrder(folders: readonly string[]): Promise<readonly string[]> {
  const needs = new Map<string, readonly string[]>();
  for (const folder of folders) {
    const addon = await loadAddon(folder).catch(() => undefined);
    const wanted = addon?.metadata.dependencies?.map(({ name }) => name) ?? [];
    needs.set(folder, folders.filter((other) => wanted.includes(basename(other))));
  }
  const ordered = new Set<string>();
  const visit = (folder: string, above: readonly string[]): void => {
    if (above.includes(folder)) return;
    for (const other of needs.get(folder) ?? []) visit(other, [...above, folder]);
    ordered.add(folder);
  };
  const only = new RegExp(process.env['ONLY'] ?? '');
  for (const folder of folders) if (only.test(folder)) visit(folder, []);
  return [...ordered];
}

async function enable(cluster: TestCluster, folder: string): Promise<Outcome> {
  const addon = basename(folder);
  const before = await namesIn(cluster.client);
  const { code, stderr } = await cluster.vela('addon', 'enable', `${folder}/`, '--wait=false');
  const accepted = code === 0;
  const left = accepted ? [] : await leftOver(cluster.client, before);
  if (!accepted) await standIn(cluster, folder);
  return { addon, accepted, reason: reasonOf(stderr), left, differences: await compared(cluster, folder) };
}

/** An Application in the name of an addon that was refused, so that those depending on it are judged by themselves. */
async function standIn({ client }: TestCluster, folder: string): Promise<void> {
  const name = basename(folder);
  const metadata = {
    name: `addon-${name}`,
    namespace: systemNamespace,
    labels: { [labels.addonName]: name, [labels.addonVersion]: '99.0.0', [labels.addonRegistry]: 'local' },
  };
  const object = { apiVersion: 'core.oam.dev/v1beta1', kind: 'Application', metadata, spec: { components: [] } };
  await client.create(applicationResource, object).catch((error: unknown) => {
    print(`  ${name}: no Application in its name: ${String(error)}`);
  });
}

async function compared(cluster: TestCluster, folder: string): Promise<readonly string[] | undefined> {
  const file = join(reference ?? '', `${basename(folder)}.yaml`);
  if (reference === undefined || !(await exists(file))) return undefined;
  const { code, stdout } = await cluster.vela('addon', 'enable', `${folder}/`, '--dry-run');
  return code === 0 ? differences(await readFile(file, 'utf8'), stdout) : undefined;
}

/** The error message in one line. */
const reasonOf = (stderr: string): string =>
  (/^Error: ([^]*?)(?:\nHint: |$(?![^]))/m.exec(stderr)?.[1] ?? '').replace(/\s+/g, ' ').trim().slice(0, 300);

function rowOf({ addon, accepted, reason, left, differences: found }: Outcome): string {
  const equal = found === undefined ? '' : found.length === 0 ? 'equal' : `${found.length}: ${found[0] ?? ''}`;
  const outcome = accepted ? 'accepted' : reason.replaceAll('|', '/');
  return `| ${addon} | ${outcome} | ${left.join(', ') || '-'} | ${equal} |`;
}

async function main(root: string): Promise<void> {
  const cluster = await startCluster('--ready-delay', '50');
  const outcomes: Outcome[] = [];
  try {
    await cluster.must('install');
    for (const folder of await inOrder(await addonFolders(root))) {
      const outcome = await enable(cluster, folder);
      outcomes.push(outcome);
      print(rowOf(outcome));
    }
  } finally {
    await cluster.stop();
  }
  const count = (is: (outcome: Outcome) => boolean): number => outcomes.filter(is).length;
  const accepted = count((one) => one.accepted);
  const left = count((one) => one.left.length > 0);
  const equal = count((one) => one.differences?.length === 0);
  print(`${outcomes.length} addons: ${accepted} accepted, ${left} refusals left objects behind, ${equal} equal`);
  const rows = outcomes.toSorted((a, b) => (a.addon < b.addon ? -1 : 1)).map(rowOf);
  const heading = ['| addon | outcome | left behind | compared with KubeVela |', '| --- | --- | --- | --- |'];
  if (table !== undefined) await writeFile(table, `${[...heading, ...rows].join('\n')}\n`);
  if (left > 0) process.exitCode = 1;
}

if (catalogue !== undefined && (await exists(catalogue))) await main(catalogue);
else print('no catalogue of addons: give its folder as argument or in CATALOG; nothing was tried');
