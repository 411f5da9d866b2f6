import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

// The library trusts the file: reading a damaged one can end the process. So another process reads it first.
const script = `
const [library, path] = process.argv.slice(-2);
const { open } = await import(library);
const database = open({ path, encoding: 'binary', maxDbs: 1, readOnly: true });
for (const _ of database.getRange({})) { /* reading is the check */ }
process.exit(0);`;

/** Whether a database can be read to its end. One that was closed in order and not touched since is not read again. */
export function isReadable(file: string): boolean {
  if (!existsSync(file) || isUntouched(file)) return true;
  const library = pathToFileURL(createRequire(import.meta.url).resolve('lmdb')).href;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script, '--', library, file], {
    stdio: 'ignore',
  });
  return status === 0;
}

const markFile = (file: string): string => join(dirname(file), 'cluster.clean');

function stateOf(file: string): string {
  const { size, mtimeMs } = statSync(file);
  return `${size} ${mtimeMs}`;
}

function isUntouched(file: string): boolean {
  const mark = markFile(file);
  return existsSync(mark) && readFileSync(mark, 'utf8') === stateOf(file);
}

/** To be called after the database was closed in order. */
export function markClean(file: string): void {
  writeFileSync(markFile(file), stateOf(file), { mode: 0o600 });
}

/** To be called before the database is written to. */
export function markInUse(file: string): void {
  rmSync(markFile(file), { force: true });
}
