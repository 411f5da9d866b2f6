// Describes the commands of `vela`: each command declares its arguments and flags to a recorder in place of the parser.
import { entries } from '../../cmd/vela/commands.ts';

/** Flags that every command of a cluster has. */
const common = ['kubeconfig', 'context', 'cluster', 'user', 'namespace', 'request-timeout'];

function recorder(described) {
  const recording = new Proxy(
    {},
    {
      // awaiting it must not call it
      get: (_, method) =>
        method !== 'then' &&
        ((first, settings = {}) => {
          if (method === 'command') described.children.push(first);
          if (method === 'positional') described.positionals.push({ name: first, ...settings });
          if (method === 'option') described.options.push({ name: first, ...settings });
          return recording;
        }),
    },
  );
  return recording;
}

async function describeCommand(module, above) {
  const described = { module, children: [], positionals: [], options: [] };
  if (typeof module.builder === 'function') await module.builder(recorder(described));
  const usage = [...above, module.command].join(' ');
  const path = [...above, String(module.command).split(' ')[0]];
  const children = await Promise.all(described.children.map((child) => describeCommand(child, path)));
  return { ...described, usage, children };
}

const cell = (text) =>
  String(text ?? '')
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ');

function optionRow({ name, alias, describe, default: fallback }) {
  const aliases = [alias ?? []].flat().map((one) => `, \`${one.length === 1 ? '-' : '--'}${one}\``);
  const isShown = fallback !== undefined && fallback !== false && !(Array.isArray(fallback) && fallback.length === 0);
  return `| \`--${name}\`${aliases.join('')} | ${cell(describe)}${isShown ? ` (default \`${String(fallback)}\`)` : ''} |\n`;
}

const positionalRow = ({ name, describe }) => `| \`${name}\` | ${cell(describe)} |\n`;

function section({ module, usage, positionals, options, children }) {
  const aliases = [module.aliases ?? []].flat().map((one) => `\`${one}\``);
  const also = aliases.length > 0 ? ` Also: ${aliases.join(', ')}.` : '';
  const own = options.filter(({ name }) => !common.includes(name));
  const rows = `${positionals.map(positionalRow).join('')}${own.map(optionRow).join('')}`;
  const table = rows === '' ? '' : `\n| argument | meaning |\n|---|---|\n${rows}`;
  const inner = children.map(section).join('\n');
  const text = `### \`vela ${usage}\`\n\n${module.describe}.${also}\n${table}`;
  return children.length > 0 ? inner : text;
}

/** One section for each command, and the flags that commands of a cluster share. */
export async function commandSections() {
  const io = { stdout: process.stdout, stderr: process.stderr, interactive: false, env: {} };
  const commands = [];
  for (const { load } of entries) commands.push(await describeCommand((await load())(io), []));
  const shared = commands.flatMap(({ options }) => options).filter(({ name }) => common.includes(name));
  const first = new Map(shared.map((option) => [option.name, option]));
  const rows = common.flatMap((name) => (first.has(name) ? [optionRow(first.get(name))] : [])).join('');
  return `### Flags of the cluster\n\nEvery command that uses a cluster has them.\n\n| argument | meaning |\n|---|---|\n${rows}\n${commands.map(section).join('\n')}`;
}
