import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../pkg/assets/root.ts';
import { flagReference } from './flag-reference.ts';
import { loggerOf } from './logging.ts';
import { readOptions } from './options.ts';

const root = packageRoot();
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const reading = readOptions(process.argv.slice(2), {
  version,
  env: process.env,
  hostname: hostname(),
  tempDir: tmpdir(),
  podNamespace: readIfThere('/var/run/secrets/kubernetes.io/serviceaccount/namespace'),
  uniqueSuffix: randomUUID(),
});

if (!reading.ok) {
  process.stderr.write(reading.problems.map((problem) => `Error: ${problem}\n`).join(''));
  process.exitCode = 2;
} else if ('print' in reading) {
  process.stdout.write(reading.print === 'version' ? `vela-core ${version}\n` : flagReference());
} else {
  const { runUntilSignalled } = await import('./process.ts');
  process.exitCode = await runUntilSignalled(reading.config, loggerOf(reading.config));
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}
