// A seeded generator of CUE programs over the whole grammar. Most references resolve and most kinds fit, so that
// about half of the programs have a value.
import type { Random } from '../random.ts';
import { block, decl, expr, name, print } from './tree.ts';
import type { Tree } from './tree.ts';

type Kind = 'int' | 'string' | 'bool' | 'list' | 'struct' | 'number';

interface Visible {
  readonly name: string;
  readonly kind: Kind;
  /** Fields of a struct, as far as they are known. */
  readonly fields?: readonly Visible[];
}

const FIELD_NAMES = ['a', 'b', 'c', 'd', 'e', 'x', 'y', 'z'];
const DEFINITIONS = ['#A', '#B', '#C'];
const HIDDEN = ['_h', '_g'];
const KINDS: readonly Kind[] = ['int', 'int', 'string', 'string', 'struct', 'struct', 'list', 'bool', 'number'];
const STRINGS = ['""', '"a"', '"b"', '"ab"', '"x-y"', '"foo"', '"\\u00e9"', '#"r\\n"#', '"a\\tb"'];
const INTS = ['0', '1', '2', '3', '5', '-1', '10', '100', '0x1F', '1_000', '12345678901234567890'];
const NUMBERS = ['1.5', '2.0', '-0.5', '1e3', '3', '0.25', '7', '1.50'];

export interface GeneratorOptions {
  /** References that may form cycles. */
  readonly cycles: number;
  readonly builtins: boolean;
}

export class ProgramGenerator {
  readonly #random: Random;
  readonly #options: GeneratorOptions;
  readonly #imports = new Set<string>();
  #counter = 0;

  constructor(random: Random, options: GeneratorOptions = { cycles: 0.05, builtins: true }) {
    this.#random = random;
    this.#options = options;
  }

  program(): Tree {
    const count = 2 + this.#random.below(6);
    const body = this.#declarations([], count, 3);
    const imports = Array.from(this.#imports, (path) => decl(`import "${path}"`));
    return block([...imports, ...body.trees]);
  }

  /** Declarations of one struct; later ones see all names of earlier ones, and sometimes the other way round. */
  #declarations(outer: readonly Visible[], count: number, depth: number): { trees: Tree[]; fields: Visible[] } {
    const trees: Tree[] = [];
    const fields: Visible[] = [];
    for (let i = 0; i < count; i++) trees.push(this.#declaration([...outer, ...fields], fields, depth));
    trees.push(...this.#uses(trees));
    if (this.#random.chance(0.06)) trees.push(decl('...'));
    return { trees, fields };
  }

  /** A let clause or alias that is not used is an error. */
  #uses(trees: readonly Tree[]): Tree[] {
    const texts = trees.map((tree) => print(tree));
    const all = texts.join('\n');
    return texts.flatMap((text) => {
      const label = /^(?:let )?([LX][0-9]+) ?=/.exec(text)?.[1];
      const isUsed = label === undefined || all.split(new RegExp(`\\b${label}\\b`)).length > 2;
      return isUsed ? [] : [decl(`u${label.slice(1)}: ${label}`)];
    });
  }

  #declaration(scope: readonly Visible[], fields: Visible[], depth: number): Tree {
    const r = this.#random;
    const choice = r.below(100);
    if (choice < 52) return this.#field(scope, fields, depth);
    if (choice < 60) return this.#definition(scope, fields, depth);
    if (choice < 66) return this.#again(scope, fields, depth);
    if (choice < 72) return this.#conditional(scope, fields, depth);
    if (choice < 77) return this.#loop(scope, depth);
    if (choice < 81) return this.#pattern(scope, depth);
    if (choice < 85) return this.#let(scope, fields, depth);
    if (choice < 89) return this.#embedding(scope, depth);
    if (choice < 93) return this.#optional(scope, fields, depth);
    if (choice < 96) return this.#hidden(scope, fields, depth);
    return this.#dynamic(scope, depth);
  }

  #field(scope: readonly Visible[], fields: Visible[], depth: number): Tree {
    const label = this.#random.pick(FIELD_NAMES);
    const known = fields.find((field) => field.name === label);
    const kind = known?.kind ?? this.#random.pick(KINDS);
    if (known !== undefined && kind !== 'struct' && this.#random.chance(0.75)) {
      return decl(name(label), ': ', this.#type(kind, scope, depth));
    }
    if (this.#random.chance(0.04)) return decl(expr(`"${label}"`), ': ', this.#expression(kind, scope, depth));
    if (kind === 'struct' && this.#random.chance(0.5)) return this.#structField(label, scope, fields, depth);
    if (known === undefined) fields.push({ name: label, kind });
    const self = this.#random.chance(this.#options.cycles) ? [...scope, { name: label, kind }] : scope;
    return decl(name(label), ': ', this.#expression(kind, self, depth));
  }

  #structField(label: string, scope: readonly Visible[], fields: Visible[], depth: number): Tree {
    const inner = this.#declarations(scope, this.#random.below(4), depth - 1);
    const present = fields.findIndex((field) => field.name === label);
    const visible = { name: label, kind: 'struct' as const, fields: inner.fields };
    if (present < 0) fields.push(visible);
    const alias = this.#random.chance(0.08) ? `X${this.#counter++}` : '';
    const body = structOf(inner.trees);
    if (this.#random.chance(0.15) && inner.trees.length > 0)
      return decl(name(label), ': ', expr(name('x'), ': ', body));
    return decl(alias === '' ? '' : `${alias}=`, name(label), ': ', body);
  }

  #definition(scope: readonly Visible[], fields: Visible[], depth: number): Tree {
    const label = this.#random.pick(DEFINITIONS);
    const inner = this.#declarations(scope, 1 + this.#random.below(3), depth - 1);
    if (!fields.some((field) => field.name === label))
      fields.push({ name: label, kind: 'struct', fields: inner.fields });
    return decl(name(label), ': ', structOf(inner.trees));
  }

  /** A second declaration of a field: a constraint on it. */
  #again(scope: readonly Visible[], fields: Visible[], depth: number): Tree {
    const r = this.#random;
    if (fields.length === 0) return this.#field(scope, fields, depth);
    const field = r.pick(fields);
    if (field.name.startsWith('_') || !/^[#a-z]/.test(field.name)) return this.#field(scope, fields, depth);
    if (field.kind !== 'struct' || field.fields === undefined) {
      return decl(
        name(field.name),
        ': ',
        r.chance(0.6) ? this.#type(field.kind, scope, depth) : this.#expression(field.kind, scope, depth),
      );
    }
    const inner = field.fields
      .filter(() => r.chance(0.6))
      .map((f) => decl(name(f.name), ': ', this.#type(f.kind, scope, depth)));
    return decl(name(field.name), ': ', structOf(inner));
  }

  #conditional(scope: readonly Visible[], fields: Visible[], depth: number): Tree {
    const condition = this.#random.chance(0.3)
      ? this.#presence(scope)
      : this.#expression('bool', scope, Math.min(depth, 2));
    const inner = this.#declarations(scope, 1 + this.#random.below(2), depth - 1);
    if (this.#random.chance(0.5)) fields.push(...inner.fields.filter((f) => !fields.some((g) => g.name === f.name)));
    return decl('if ', condition, ' ', structOf(inner.trees));
  }

  #presence(scope: readonly Visible[]): Tree {
    const reference = this.#reference(undefined, scope) ?? expr('1');
    return expr(reference, this.#random.chance(0.7) ? ' != _|_' : ' == _|_');
  }

  #loop(scope: readonly Visible[], depth: number): Tree {
    const r = this.#random;
    const isList = r.chance(0.5);
    const source = this.#expression(isList ? 'list' : 'struct', scope, Math.min(depth, 2));
    const [key, value] = [`k${this.#counter}`, `v${this.#counter++}`];
    const keyKind: Kind = isList ? 'int' : 'string';
    const inner: Visible[] = [...scope, { name: key, kind: keyKind }, { name: value, kind: r.pick(KINDS) }];
    const label = r.chance(0.6) ? `"n\\(${key})"` : `(${isList ? `"p\\(${key})"` : key})`;
    const filter = r.chance(0.25) ? [' if ', this.#expression('bool', inner, 1)] : [];
    const bound = r.chance(0.12) ? ` let w = ${value}` : '';
    const body = decl(label, ': ', r.chance(0.5) ? expr(value) : this.#expression(r.pick(KINDS), inner, depth - 1));
    return decl(`for ${key}, ${value} in `, source, ...filter, bound, ' ', structOf([body]));
  }

  #pattern(scope: readonly Visible[], depth: number): Tree {
    const r = this.#random;
    const label = r.pick(['[string]', '[=~"^[a-c]"]', '[!="a"]', '["x" | "y"]', '[K=string]', '[>"b"]']);
    const inner: readonly Visible[] = label.startsWith('[K') ? [...scope, { name: 'K', kind: 'string' }] : scope;
    const type = this.#type(r.pick(KINDS), inner, depth - 1);
    return decl(label, ': ', r.chance(0.5) ? expr(type, ' | ', r.pick(['_', 'int | string', '{...}'])) : type);
  }

  #let(scope: readonly Visible[], fields: Visible[], depth: number): Tree {
    const label = `L${this.#counter++}`;
    const kind = this.#random.pick(KINDS);
    const value = this.#expression(kind, scope, depth - 1);
    fields.push({ name: label, kind });
    return decl(`let ${label} = `, value);
  }

  #embedding(scope: readonly Visible[], depth: number): Tree {
    const definition = scope.filter((visible) => visible.kind === 'struct');
    if (definition.length > 0 && this.#random.chance(0.7)) return decl(expr(name(this.#random.pick(definition).name)));
    const inner = this.#declarations(scope, 1 + this.#random.below(2), depth - 1);
    return decl(structOf(inner.trees));
  }

  #optional(scope: readonly Visible[], fields: Visible[], depth: number): Tree {
    const label = this.#random.pick(FIELD_NAMES);
    const kind = this.#random.pick(KINDS);
    const mark = this.#random.chance(0.75) ? '?' : '!';
    if (!fields.some((field) => field.name === label)) fields.push({ name: label, kind });
    return decl(name(label), `${mark}: `, this.#type(kind, scope, depth - 1));
  }

  #hidden(scope: readonly Visible[], fields: Visible[], depth: number): Tree {
    const label = this.#random.pick(HIDDEN);
    const kind = this.#random.pick(KINDS);
    if (!fields.some((field) => field.name === label)) fields.push({ name: label, kind });
    return decl(name(label), ': ', this.#expression(kind, scope, depth - 1));
  }

  #dynamic(scope: readonly Visible[], depth: number): Tree {
    const label = this.#random.chance(0.5)
      ? expr('(', this.#expression('string', scope, 1), ')')
      : expr('"k\\(', this.#expression(this.#random.chance(0.5) ? 'int' : 'string', scope, 1), ')"');
    return decl(label, ': ', this.#expression(this.#random.pick(KINDS), scope, depth - 1));
  }

  #reference(kind: Kind | undefined, scope: readonly Visible[]): Tree | undefined {
    const r = this.#random;
    const candidates: Tree[] = [];
    for (const visible of scope) {
      if (kind === undefined || visible.kind === kind) candidates.push(expr(name(visible.name)));
      for (const field of visible.fields ?? []) {
        if (field.name.startsWith('L')) continue;
        if (kind === undefined || field.kind === kind) {
          candidates.push(expr(expr(name(visible.name)), '.', name(field.name)));
        }
      }
    }
    return candidates.length === 0 ? undefined : r.pick(candidates);
  }

  #expression(kind: Kind, scope: readonly Visible[], depth: number): Tree {
    const r = this.#random;
    if (r.chance(0.015)) return this.#expression(r.pick(KINDS), scope, depth);
    if (depth <= 0 || r.chance(0.25)) return this.#leaf(kind, scope);
    if (r.chance(0.25)) return this.#reference(kind, scope) ?? this.#leaf(kind, scope);
    if (r.chance(0.12)) return this.#disjunction(kind, scope, depth - 1);
    if (r.chance(0.1))
      return expr('(', this.#type(kind, scope, depth - 1), ' & ', this.#expression(kind, scope, depth - 1), ')');
    if (r.chance(0.04)) return expr('(', this.#expression(kind, scope, depth - 1), ')');
    return this.#composed(kind, scope, depth - 1);
  }

  #leaf(kind: Kind, scope: readonly Visible[]): Tree {
    const r = this.#random;
    if (r.chance(0.3)) {
      const reference = this.#reference(kind, scope);
      if (reference !== undefined) return reference;
    }
    switch (kind) {
      case 'int':
        return expr(r.pick(INTS));
      case 'number':
        return expr(r.pick(NUMBERS));
      case 'string':
        return expr(r.pick(STRINGS));
      case 'bool':
        return expr(r.pick(['true', 'false']));
      case 'list':
        return expr(r.pick(['[]', '[1, 2, 3]', '["a", "b"]', '[1, "x"]', '[{a: 1}]']));
      case 'struct':
        return expr(r.pick(['{}', '{a: 1}', '{x: "s", y: 2}', '{b: {c: 1}}']));
    }
  }

  /** A disjunction with marks now and then. */
  #disjunction(kind: Kind, scope: readonly Visible[], depth: number): Tree {
    const r = this.#random;
    const count = 2 + r.below(2);
    const parts: (string | Tree)[] = [];
    for (let i = 0; i < count; i++) {
      if (i > 0) parts.push(' | ');
      if (r.chance(0.35)) parts.push('*');
      parts.push(r.chance(0.3) ? this.#type(kind, scope, depth) : this.#expression(kind, scope, depth - 1));
    }
    return expr('(', ...parts, ')');
  }

  /** A value that is not concrete, mostly. */
  #type(kind: Kind, scope: readonly Visible[], depth: number): Tree {
    const type = this.#plainType(kind, scope, depth);
    return / [|&] /.test(print(type)) || /^[<>=!]/.test(print(type)) ? expr('(', type, ')') : type;
  }

  #plainType(kind: Kind, scope: readonly Visible[], depth: number): Tree {
    const r = this.#random;
    if (r.chance(0.15) && depth > 0) return this.#disjunction(kind, scope, depth - 1);
    if (r.chance(0.04)) return expr(r.pick(['_', 'null', 'string', 'number']));
    switch (kind) {
      case 'int':
        return expr(
          r.pick([
            'int',
            'int',
            '>=0',
            '>0 & <10',
            '*1 | int',
            'int | *3',
            '!=2',
            '<=100',
            'uint8',
            'number',
            '1 | 2 | *3',
          ]),
        );
      case 'number':
        return expr(r.pick(['number', 'float | int', '>=0.5', '<=10', 'float']));
      case 'string':
        return expr(
          r.pick([
            'string',
            'string',
            '=~"^[a-z]"',
            '!=""',
            '*"d" | string',
            '"a" | "b"',
            '!~"q"',
            '>="a"',
            '"a" | *"b" | string',
          ]),
        );
      case 'bool':
        return expr(r.pick(['bool', '*true | bool', 'bool | *false', '!=true']));
      case 'list':
        return expr(
          r.pick(['[...]', '[...int]', '[...string]', '[int, ...]', '[_, _]', '[...{a?: int}]', '*[] | [...int]']),
        );
      case 'struct':
        return this.#structType(scope, depth);
    }
  }

  #structType(scope: readonly Visible[], depth: number): Tree {
    const r = this.#random;
    const choice = r.below(6);
    if (choice === 0) return expr('{...}');
    if (choice === 1) return expr('{[string]: ', this.#type(r.pick(KINDS), scope, 0), '}');
    if (choice === 2) return this.#reference('struct', scope) ?? expr('{}');
    if (choice === 3) return expr('close(', structOf(this.#declarations(scope, 1 + r.below(2), depth - 1).trees), ')');
    if (choice === 4) return expr('{a?: int, b?: string}');
    return structOf(this.#declarations(scope, r.below(3), depth - 1).trees);
  }

  #composed(kind: Kind, scope: readonly Visible[], depth: number): Tree {
    switch (kind) {
      case 'int':
        return this.#int(scope, depth);
      case 'number':
        return expr(
          this.#expression('number', scope, depth),
          this.#random.pick([' + ', ' - ', ' * ', ' / ']),
          this.#expression('number', scope, depth),
        );
      case 'string':
        return this.#string(scope, depth);
      case 'bool':
        return this.#bool(scope, depth);
      case 'list':
        return this.#list(scope, depth);
      case 'struct':
        return this.#struct(scope, depth);
    }
  }

  #int(scope: readonly Visible[], depth: number): Tree {
    const r = this.#random;
    const x = (): Tree => this.#expression('int', scope, depth);
    switch (r.below(7)) {
      case 0:
        return expr(x(), ' + ', x());
      case 1:
        return expr(x(), ' - ', x());
      case 2:
        return expr(x(), ' * ', x());
      case 3:
        return expr('len(', this.#expression(r.pick(['list', 'string', 'struct']), scope, depth), ')');
      case 4:
        return expr(r.pick(['div', 'mod', 'quo', 'rem']), '(', x(), ', ', x(), ')');
      case 5:
        return expr('-', expr('(', x(), ')'));
      default:
        return expr(this.#indexable(scope), `[${r.below(3)}]`);
    }
  }

  #indexable(scope: readonly Visible[]): Tree {
    return this.#reference('list', scope) ?? expr('[1, 2, 3]');
  }

  #string(scope: readonly Visible[], depth: number): Tree {
    const r = this.#random;
    const x = (): Tree => this.#expression('string', scope, depth);
    const choice = r.below(this.#options.builtins ? 9 : 4);
    switch (choice) {
      case 0:
        return expr(x(), ' + ', x());
      case 1:
        return expr(
          '"\\(',
          x(),
          ')-\\(',
          this.#expression(r.pick(['int', 'string', 'number', 'bool']), scope, depth),
          ')"',
        );
      case 2:
        return expr('"<\\(', this.#expression('int', scope, depth), ')>"');
      case 3:
        return expr(x(), ' * ', expr(String(r.below(3))));
      default:
        return this.#stringCall(scope, depth);
    }
  }

  #stringCall(scope: readonly Visible[], depth: number): Tree {
    const r = this.#random;
    const x = (): Tree => this.#expression('string', scope, depth);
    switch (r.below(6)) {
      case 0:
        return this.#call('strings', 'ToUpper', [x()]);
      case 1:
        return this.#call('strings', 'Join', [expr('[', x(), ', ', x(), ']'), expr('"-"')]);
      case 2:
        return this.#call('strings', 'Replace', [x(), expr('"a"'), expr('"zz"'), expr('-1')]);
      case 3:
        return this.#call('strconv', 'FormatInt', [this.#expression('int', scope, depth), expr('10')]);
      case 4:
        return this.#call('encoding/json', 'Marshal', [this.#expression(r.pick(KINDS), scope, depth)]);
      default:
        return this.#call('strings', 'TrimPrefix', [x(), expr('"a"')]);
    }
  }

  #call(path: string, fn: string, args: readonly Tree[]): Tree {
    this.#imports.add(path);
    const separated = args.flatMap((arg, i) => (i === 0 ? [arg] : [', ', arg]));
    return expr(`${path.split('/').at(-1) ?? ''}.${fn}(`, ...separated, ')');
  }

  #bool(scope: readonly Visible[], depth: number): Tree {
    const r = this.#random;
    const kind = r.pick<Kind>(['int', 'string', 'number']);
    const x = (): Tree => this.#expression(kind, scope, depth);
    switch (r.below(8)) {
      case 0:
        return expr(x(), r.pick([' < ', ' > ', ' <= ', ' >= ']), x());
      case 1:
        return expr(x(), r.pick([' == ', ' != ']), x());
      case 2:
        return expr('!', expr('(', this.#expression('bool', scope, depth), ')'));
      case 3:
        return expr(
          this.#expression('bool', scope, depth),
          r.pick([' && ', ' || ']),
          this.#expression('bool', scope, depth),
        );
      case 4:
        return expr(this.#expression('string', scope, depth), r.pick([' =~ ', ' !~ ']), expr('"^[a-c]+$"'));
      case 5:
        return expr(this.#expression('list', scope, depth), ' == ', this.#expression('list', scope, depth));
      case 6:
        return expr(this.#expression('struct', scope, depth), ' == ', this.#expression('struct', scope, depth));
      default:
        return this.#presence(scope);
    }
  }

  #list(scope: readonly Visible[], depth: number): Tree {
    const r = this.#random;
    switch (r.below(this.#options.builtins ? 7 : 5)) {
      case 0:
      case 1: {
        const kind = r.pick(KINDS);
        const elements = Array.from({ length: r.below(4) }, () => this.#expression(kind, scope, depth));
        const separated = elements.flatMap((element, i) => (i === 0 ? [element] : [', ', element]));
        return expr('[', ...separated, ']');
      }
      case 2:
      case 3:
        return this.#listComprehension(scope, depth);
      case 4:
        return expr(this.#reference('list', scope) ?? expr('[1, 2, 3]'), `[${r.below(2)}:${r.chance(0.5) ? '2' : ''}]`);
      case 5:
        return this.#call('list', 'Concat', [
          expr('[', this.#expression('list', scope, depth), ', ', this.#expression('list', scope, depth), ']'),
        ]);
      default:
        return this.#call('strings', 'Split', [this.#expression('string', scope, depth), expr('"-"')]);
    }
  }

  #listComprehension(scope: readonly Visible[], depth: number): Tree {
    const r = this.#random;
    const value = `v${this.#counter++}`;
    const inner: readonly Visible[] = [...scope, { name: value, kind: r.pick(KINDS) }];
    const source = this.#expression(r.chance(0.7) ? 'list' : 'struct', scope, depth);
    const filter = r.chance(0.4)
      ? [' if ', r.chance(0.5) ? expr(`${value} != _|_`) : this.#expression('bool', inner, depth)]
      : [];
    const body = r.chance(0.6) ? expr(value) : this.#expression(r.pick(KINDS), inner, depth);
    if (r.chance(0.2))
      return expr(
        '[if ',
        this.#expression('bool', scope, depth),
        ' {',
        body.parts[0] === value ? expr('1') : this.#expression('int', scope, depth),
        '}, 7]',
      );
    return expr(`[for ${value} in `, source, ...filter, ' {', body, '}]');
  }

  #struct(scope: readonly Visible[], depth: number): Tree {
    const r = this.#random;
    switch (r.below(6)) {
      case 0:
        return expr(this.#expression('struct', scope, depth), ' & ', this.#expression('struct', scope, depth));
      case 1: {
        const definition = scope.filter((visible) => visible.name.startsWith('#'));
        if (definition.length === 0) break;
        const chosen = r.pick(definition);
        const fields = (chosen.fields ?? []).filter(() => r.chance(0.7));
        const inner = fields.map((field) =>
          decl(name(field.name), ': ', this.#expression(field.kind, scope, depth - 1)),
        );
        return expr(expr(name(chosen.name)), ' & ', structOf(inner));
      }
      case 2:
        return expr('close(', structOf(this.#declarations(scope, 1 + r.below(3), depth - 1).trees), ')');
      default:
    }
    return structOf(this.#declarations(scope, 1 + r.below(3), depth - 1).trees);
  }
}

function structOf(trees: readonly Tree[]): Tree {
  return trees.length === 0 ? expr('{}') : expr('{\n', block(trees), '\n}');
}
