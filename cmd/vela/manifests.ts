import { readFile, readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { KubeObject } from '../../machinery/src/meta.ts';
import { sendExternal } from '../../pkg/client/external-request.ts';
import { loadYamlDocuments } from '../../pkg/render/yaml.ts';
import { messageOf } from './failure.ts';
import { CliError, exitCodes } from './io.ts';
import type { Io } from './io.ts';

/**
 * Reads objects from a file, every .yaml/.yml/.json file of a folder, an http(s) address, or `-` for standard input.
 * Lists are taken apart. Throws a CliError that names the file and the document when one is not an object of Kubernetes.
 */
export async function loadManifests(
  source: string,
  io: Pick<Io, 'stdin' | 'signal'>,
  onWarning?: (warning: string) => void,
): Promise<KubeObject[]> {
  const texts = await readSources(source, ['.yaml', '.yml', '.json'], io);
  const objects = texts.flatMap(({ name, content }) => parseManifests(name, content, onWarning));
  if (objects.length === 0) throw new CliError(`${source} holds no object`, { exitCode: exitCodes.usage });
  return objects;
}

export function parseManifests(name: string, content: string, onWarning?: (warning: string) => void): KubeObject[] {
  let documents: unknown[];
  try {
    documents = loadYamlDocuments(content, (warning) => onWarning?.(`${name}: ${warning}`));
  } catch (error) {
    throw new CliError(`${name} is not valid YAML: ${messageOf(error)}`, { cause: error });
  }
  return documents.flatMap((document, i) =>
    document === null || document === undefined ? [] : objectsOf(document, `${name}, document ${i + 1}`),
  );
}

function objectsOf(document: unknown, where: string): KubeObject[] {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new CliError(`${where}: expected an object with apiVersion, kind and metadata`);
  }
  const object = document as Record<string, unknown>;
  const { kind, items } = object;
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items))
    return items.flatMap((item, i) => objectsOf(withKind(object, item), `${where}, item ${i + 1}`));
  for (const field of ['apiVersion', 'kind']) checkText(object[field], `${where}: ${field}`);
  const { metadata } = object;
  const isMap = typeof metadata === 'object' && metadata !== null;
  checkText(isMap && 'name' in metadata ? metadata.name : undefined, `${where}: metadata.name`);
  return [object as KubeObject];
}

/** The items of a list of one kind, as an API server answers it, do not repeat the kind. */
function withKind({ apiVersion, kind }: Record<string, unknown>, item: unknown): unknown {
  if (kind === 'List' || typeof item !== 'object' || item === null) return item;
  return { apiVersion, kind: (kind as string).replace(/List$/, ''), ...item };
}

function checkText(value: unknown, path: string): void {
  if (value === undefined || value === null || value === '') throw new CliError(`${path} is missing`);
  if (typeof value !== 'string') throw new CliError(`${path} must be a text, not ${JSON.stringify(value)}`);
}

/** The texts of a file, of the files of a folder with one of the endings, of an address, or of standard input (`-`). */
export async function readSources(
  source: string,
  endings: readonly string[],
  { stdin, signal }: Pick<Io, 'stdin' | 'signal'>,
): Promise<{ name: string; content: string }[]> {
  if (source === '-') return [{ name: 'standard input', content: await text(stdin) }];
  if (/^https?:\/\//.test(source)) return [{ name: source, content: await download(source, signal) }];
  try {
    if (!(await stat(source)).isDirectory()) return [{ name: source, content: await readFile(source, 'utf8') }];
    const files = (await readdir(source)).filter((file) => endings.includes(extname(file))).sort();
    return await Promise.all(
      files.map(async (file) => ({ name: join(source, file), content: await readFile(join(source, file), 'utf8') })),
    );
  } catch (error) {
    throw new CliError(`cannot read ${source}: ${readingProblem(error)}`, { cause: error });
  }
}

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  ENOTDIR: 'a part of the path is no folder',
};

function readingProblem(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  return problems[code] ?? messageOf(error);
}

async function download(url: string, signal: AbortSignal): Promise<string> {
  const answer = await sendExternal(url, { timeoutMs, maxBytes, signal }).catch((error: unknown) => {
    if (signal.aborted) throw error;
    throw new CliError(`cannot read ${url}: ${messageOf(error)}`, { cause: error });
  });
  if (answer.status < 200 || answer.status > 299) throw new CliError(`cannot read ${url}: HTTP ${answer.status}`);
  return answer.body.toString('utf8');
}

const timeoutMs = 60_000;
const maxBytes = 64 * 1024 * 1024;
