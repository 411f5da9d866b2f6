import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A field of a message: its number, its name in JSON (empty when its fields stand in the holder), its type. */
type FieldFact = readonly [number: number, name: string, type: string];

/** The messages of the built-in kinds; see `protobuf.json`. */
export interface MessageFacts {
  /** By `apiVersion/kind`. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly messages: Readonly<Record<string, readonly FieldFact[]>>;
}

/** What a field holds, from its type's text: `*` for one that may be absent, `[]` for a list, `{}` for a map. */
export interface FieldShape {
  readonly name: string;
  readonly type: string;
  readonly isOptional: boolean;
  readonly isList: boolean;
  readonly isMap: boolean;
}

/** Messages by name, each with its fields by number. */
export class Messages {
  readonly #facts: MessageFacts;
  readonly #shapes = new Map<string, ReadonlyMap<number, FieldShape>>();

  constructor(facts: MessageFacts) {
    this.#facts = facts;
  }

  /** The message of a kind; undefined when it has none, as custom kinds have. */
  messageOf(apiVersion: string, kind: string): string | undefined {
    const key = kind === 'DeleteOptions' ? 'v1/DeleteOptions' : `${apiVersion}/${kind}`;
    return Object.hasOwn(this.#facts.kinds, key) ? this.#facts.kinds[key] : undefined;
  }

  fields(message: string): ReadonlyMap<number, FieldShape> {
    let shapes = this.#shapes.get(message);
    if (shapes === undefined) {
      shapes = new Map(
        (this.#facts.messages[message] ?? []).map(([number, name, type]) => [number, shape(name, type)]),
      );
      this.#shapes.set(message, shapes);
    }
    return shapes;
  }
}

function shape(name: string, text: string): FieldShape {
  const isOptional = text.startsWith('*');
  const rest = isOptional ? text.slice(1) : text;
  const isList = rest.startsWith('[]');
  const isMap = rest.startsWith('{}');
  return { name, type: isList || isMap ? rest.slice(2) : rest, isOptional, isList, isMap };
}

/** Reads `protobuf.json` in the folder with the facts about Kubernetes. */
export function loadMessages(folder: string): Messages {
  return new Messages(JSON.parse(readFileSync(join(folder, 'protobuf.json'), 'utf8')) as MessageFacts);
}
