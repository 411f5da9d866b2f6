import { join } from 'node:path';
import type { Argv, CommandModule } from 'yargs';
import { systemNamespace } from '../../../pkg/apis/names.ts';
import { packageRoot } from '../../../pkg/assets/root.ts';
import { diagnose } from '../../../pkg/install/diagnose.ts';
import type { Diagnosis } from '../../../pkg/install/diagnose.ts';
import { renderSystem } from '../../../pkg/install/render.ts';
import { clusterOptions, withCluster } from '../connect.ts';
import type { ClusterFlags } from '../connect.ts';
import { CliError, printLine, printTable } from '../io.ts';
import type { Io } from '../io.ts';
import { outputOption, printValue } from '../output.ts';
import type { OutputFormat } from '../output.ts';
import { ownVersion } from './version.ts';

interface DiagnoseFlags extends ClusterFlags {
  readonly output: OutputFormat;
}

/** `vela system`: about the installation itself. */
export function systemCommand(io: Io): CommandModule {
  const builder = (argv: Argv): Argv =>
    argv.command(diagnoseCommand(io) as CommandModule).demandCommand(1, 'which? See vela system --help');
  return { command: 'system', describe: 'Examine the installation', builder, handler: () => undefined };
}

function diagnoseCommand(io: Io): CommandModule<object, DiagnoseFlags> {
  return {
    command: 'diagnose',
    describe: 'Show what an installation over a living one would change; before and after it. Changes nothing',
    builder: (argv: Argv) => outputOption(clusterOptions(argv)),
    handler: (flags) =>
      withCluster(io, flags, async ({ client }) => {
        const { namespace = systemNamespace } = flags;
        const options = { templatesDir: join(packageRoot(), 'templates'), version: ownVersion(), namespace };
        const wanted = await renderSystem({}, options);
        const diagnosis = await diagnose(client, { wanted, namespace, signal: io.signal });
        if (!printValue(io, flags.output, diagnosis)) print(io, diagnosis);
        const stops = diagnosis.findings.filter(({ level }) => level === 'stop').length;
        if (stops > 0) throw new CliError(`${stops} findings have to be repaired before an installation`);
      }),
  };
}

function print(io: Io, { applications, objects, findings }: Diagnosis): void {
  const of = (level: string): number => findings.filter((one) => one.level === level).length;
  if (findings.length > 0) {
    const rows = findings.map(({ level, about, message }) => [level.toUpperCase(), about, message]);
    printTable(io, [['LEVEL', 'OBJECT', 'FINDING'], ...rows]);
  }
  printLine(io, `${applications} Applications, ${objects} delivered objects compared.`);
  printLine(
    io,
    `${of('change')} delivered objects would be written; ${of('stop')} findings to repair before an installation.`,
  );
}
