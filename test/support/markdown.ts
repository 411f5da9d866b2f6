import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Paths of the documents of the project, from its root: those of the root and of `docs`, and the README of each workspace. */
export function documentPaths(root: string): readonly string[] {
  const inFolder = (folder: string, recursive: boolean): string[] =>
    readdirSync(join(root, folder), { recursive, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => join(folder, file));
  const workspaces = ['cue', 'devcluster', 'machinery'].map((folder) => `${folder}/README.md`);
  return [...inFolder('.', false), ...inFolder('docs', true), ...workspaces].sort();
}

/** The text of a document without its code blocks, in which brackets and numbers signs mean something else. */
const withoutCode = (text: string): string => text.replace(/^ *```[^]*?^ *```/gm, '');

/** Anchors of the headings of a document, as GitHub makes them. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutCode(text).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const base = anchorOf(heading);
    let anchor = base;
    for (let number = 1; anchors.has(anchor); number += 1) anchor = `${base}-${number}`;
    anchors.add(anchor);
  }
  return anchors;
}

const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

interface Link {
  readonly file: string;
  readonly anchor: string;
}

/** Links of a document to files of the project and to its own headings. */
function linksOf(text: string): readonly Link[] {
  return [...withoutCode(text).matchAll(/\]\(([^)#\s]*)(?:#([^)\s]*))?\)/g)]
    .map(([, file = '', anchor = '']) => ({ file, anchor }))
    .filter(({ file }) => !/^[a-z]+:/.test(file));
}

/** Links of a document that lead to no file or to no heading. */
export function brokenLinks(root: string, page: string): readonly string[] {
  return linksOf(readFileSync(join(root, page), 'utf8'))
    .filter(({ file, anchor }) => !isThere(join(root, file === '' ? page : join(dirname(page), file)), anchor))
    .map(({ file, anchor }) => (anchor === '' ? file : `${file}#${anchor}`));
}

function isThere(path: string, anchor: string): boolean {
  if (!existsSync(path)) return false;
  return anchor === '' || (statSync(path).isFile() && anchorsOf(readFileSync(path, 'utf8')).has(anchor));
}

/** A block of shell commands of a document. */
export interface Example {
  /** The heading above it. */
  readonly heading: string;
  readonly commands: string;
  /** Patterns of the lines that a block of the language `text` after it shows. */
  readonly output: readonly RegExp[];
}

/** Blocks of the language `sh` in a document, in their order, each with the output that is shown below it. */
export function examplesOf(text: string): readonly Example[] {
  return text.split(/^#{2,6} /m).flatMap((part) =>
    [...part.matchAll(/^```sh\n([^]*?)^```(?:\n\n```text\n([^]*?)^```)?/gm)].map(([, commands = '', output = '']) => ({
      heading: part.slice(0, part.indexOf('\n')),
      commands: commands.trim(),
      output: output.split('\n').filter(isText).map(linePattern),
    })),
  );
}

const isText = (line: string): boolean => line.trim() !== '';

/** Matches a line in which an ellipsis stands for any text, and a space for any space. */
function linePattern(line: string): RegExp {
  const parts = line
    .trim()
    .split(/\s*…\s*/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, ' '));
  return new RegExp(parts.join('.*'));
}
