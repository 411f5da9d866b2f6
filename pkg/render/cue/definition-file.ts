import type { JsonObject, KubeObject } from '../../apis/meta.ts';
import { isMap } from '../../patch/json.ts';
import type { Rendered } from '../engine.ts';
import type { CueCompiler } from './compiler.ts';
import type { TopLevel } from './declarations.ts';
import { declarationsOf, topLevelOf } from './declarations.ts';
import { importedName, readable } from './program.ts';
import { splitImports } from './source.ts';
import { tokensOf } from './tokens.ts';

const kinds: Readonly<Record<string, string>> = {
  component: 'ComponentDefinition',
  trait: 'TraitDefinition',
  policy: 'PolicyDefinition',
  'workflow-step': 'WorkflowStepDefinition',
  workload: 'WorkloadDefinition',
};

/** Texts of CUE that may be written as structs, where CUE can be checked while it is written. */
const expressions = ['customStatus', 'healthPolicy', 'details', 'statusDetails'];

/**
 * Reads a definition as people keep it, in a file of CUE with a header, whose name is the definition's, and `template`.
 * Problems name the field.
 */
export async function readDefinitionFile(
  text: string,
  namespace: string,
  compiler: CueCompiler,
): Promise<Rendered<KubeObject>> {
  const parts = attempt(() => takeApart(text));
  if (!parts.ok) return parts;
  const { imports, header, template } = parts.value;
  const used = imports.filter((one) => header.words.has(importedName(one))).map((one) => `import ${one}`);
  const evaluated = await compiler.evaluate([...used, stringified(header.text)].join('\n'));
  if (!evaluated.ok) return { ok: false, problems: [readable(evaluated.error)] };
  const [[name, fields] = ['', undefined]] = Object.entries(evaluated.value as Readonly<Record<string, unknown>>);
  if (!isMap(fields)) return { ok: false, problems: [`${name}: must be a struct with the type of the definition`] };
  return toObject(name, {
    fields,
    namespace,
    template: [...imports.map((one) => `import ${one}`), template].join('\n'),
  });
}

interface Parts {
  readonly imports: readonly string[];
  readonly header: TopLevel;
  readonly template: string;
}

function takeApart(text: string): Parts {
  const { imports, body } = splitImports(text);
  const top = topLevelOf(body, tokensOf(body));
  const [header, ...others] = top.filter(({ name }) => name !== 'template');
  const template = top.find(({ name }) => name === 'template');
  if (!header) throw new Error('there is no header: a struct with the name and the type of the definition');
  const [other] = others;
  if (other) throw new Error(`${other.name || 'a condition'}: only a header and template may stand at the top`);
  if (!template) throw new Error('template is missing');
  return { imports, header, template: withoutBraces(template.text) };
}

/** The inside of `template: {…}`, at the left. */
export function withoutBraces(text: string): string {
  const inside = text.slice(text.indexOf('{') + 1, text.lastIndexOf('}'));
  const lines = inside
    .replace(/^\s*\n/, '')
    .trimEnd()
    .split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => /^\s*/.exec(line)?.[0].length ?? 0);
  const least = Math.min(...indents);
  return `${lines.map((line) => line.slice(Number.isFinite(least) ? least : 0)).join('\n')}\n`;
}

/** `healthPolicy: {…}` becomes `healthPolicy: "…"`. */
function stringified(header: string): string {
  const tokens = tokensOf(header);
  const edits = declarationsOf(header, tokens).flatMap(({ labels, value }) => {
    const open = tokens[value];
    if (!expressions.includes(labels.at(-1)?.text ?? '') || open?.text !== '{') return [];
    let depth = 0;
    for (const { text, kind, start, end } of tokens.slice(value)) {
      if (kind === 'symbol') depth += text === '{' ? 1 : text === '}' ? -1 : 0;
      if (depth === 0)
        return [{ start: open.start, end, by: JSON.stringify(withoutBraces(header.slice(open.start, start + 1))) }];
    }
    return [];
  });
  return edits.reduceRight((text, { start, end, by }) => text.slice(0, start) + by + text.slice(end), header);
}

interface Written {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly namespace: string;
  readonly template: string;
}

function toObject(name: string, { fields, namespace, template }: Written): Rendered<KubeObject> {
  const { type, alias, description, annotations, labels, attributes } = fields;
  const kind = typeof type === 'string' ? kinds[type] : undefined;
  if (kind === undefined)
    return { ok: false, problems: [`${name}.type: must be one of ${Object.keys(kinds).join(', ')}`] };
  const spec = (attributes ?? {}) as JsonObject;
  const { statusDetails, ...status } = (spec['status'] ?? {}) as JsonObject;
  const own = labelled(labels);
  return {
    ok: true,
    value: {
      apiVersion: 'core.oam.dev/v1beta1',
      kind,
      metadata: {
        name,
        namespace,
        ...(Object.keys(own).length > 0 && { labels: own }),
        annotations: {
          ...labelled(annotations),
          ...(typeof alias === 'string' && { 'definition.oam.dev/alias': alias }),
          'definition.oam.dev/description': typeof description === 'string' ? description : '',
        },
      },
      spec: {
        ...spec,
        ...(spec['status'] !== undefined && {
          status: { ...status, ...(statusDetails !== undefined && { details: statusDetails }) },
        }),
        schematic: { cue: { template } },
      },
    },
  };
}

/** Keys of one's own get a prefix that nobody else uses. */
function labelled(map: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries((map ?? {}) as Readonly<Record<string, unknown>>);
  return Object.fromEntries(
    entries.map(([key, value]) => [key.includes('oam.dev') ? key : `custom.definition.oam.dev/${key}`, String(value)]),
  );
}

function attempt(read: () => Parts): Rendered<Parts> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    return { ok: false, problems: [(error as Error).message] };
  }
}
