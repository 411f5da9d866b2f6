// Assembles the file system of the image that Dockerfile describes, without a container daemon:
//   node hack/image-root.mjs FOLDER
// Each stage becomes FOLDER/STAGE; the last one is FOLDER/image. Base images are not fetched: RUN uses the programs here.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('usage: node hack/image-root.mjs FOLDER');

const instructions = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .split('\n')
  .filter((line) => !line.startsWith('#'))
  .join('\n')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line.trim() !== '');

const ignored = new Set(['node_modules', 'dist', '.git']);
const stages = new Map();
let stage;

for (const line of instructions) {
  const [word, ...rest] = line.split(/\s+/);
  switch (word) {
    case 'FROM': {
      const name = rest[1] === 'AS' ? rest[2] : 'image';
      stage = { folder: resolve(target, name), workdir: '/' };
      mkdirSync(stage.folder, { recursive: true });
      stages.set(name, stage);
      break;
    }
    case 'WORKDIR':
      stage.workdir = rest[0];
      mkdirSync(inStage(rest[0]), { recursive: true });
      break;
    case 'COPY':
      copy(rest);
      break;
    case 'RUN':
      execFileSync('sh', ['-ec', rest.join(' ')], { cwd: inStage('.'), stdio: ['ignore', 'ignore', 'inherit'] });
      break;
    case 'ENV':
    case 'USER':
    case 'ENTRYPOINT':
    case 'LABEL':
      break;
    default:
      throw new Error(`Dockerfile: ${word} is not known to hack/image-root.mjs`);
  }
}

function inStage(path) {
  return path.startsWith('/') ? join(stage.folder, path) : join(stage.folder, stage.workdir, path);
}

/** COPY [--from=stage] SOURCE... DESTINATION; a folder is copied by its content, as docker does. */
function copy(words) {
  const from = words[0].startsWith('--from=') ? stages.get(words.shift().slice('--from='.length)) : undefined;
  const destination = words.pop();
  for (const word of words) {
    const source = from ? join(from.folder, word) : join(root, word);
    const isInto = destination.endsWith('/') && !statSync(source).isDirectory();
    const to = inStage(isInto ? join(destination, basename(source)) : destination);
    const isFileIntoFolder = destination === './' || destination === '.';
    cpSync(source, isFileIntoFolder ? join(inStage('.'), basename(source)) : to, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => from !== undefined || path === source || !ignored.has(basename(path)),
    });
  }
}
