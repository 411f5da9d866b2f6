import type { Resource } from '../../../machinery/src/meta.ts';
import { since } from './age.ts';
import { isRecord, textOf } from '../contract/json.ts';
import { JsonPath } from './json-path.ts';
import { printerFor } from './printers/registry.ts';
import type { Cell, Column, Printer } from './printers/printer.ts';

/** A column that a definition of a custom kind asks for. */
interface PrinterColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
  readonly jsonPath: string;
}

/** What makes a table: the kind, and the columns of its definition when it is a custom one. */
export interface TableSubject extends Pick<Resource, 'group' | 'version' | 'plural'> {
  readonly custom?: { readonly columns: readonly PrinterColumn[] } | undefined;
}

/** How the objects of a kind are shown in a Table: its columns, and an object's cells. */
export function layoutFor(subject: TableSubject): Printer {
  return subject.custom ? customPrinter(subject.custom.columns) : printerFor(subject);
}

const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  priority: 0,
};

const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const customPrinters = new WeakMap<readonly PrinterColumn[], Printer>();

function customPrinter(columns: readonly PrinterColumn[]): Printer {
  let printer = customPrinters.get(columns);
  if (printer === undefined) {
    printer = compile(columns.length === 0 ? [ageColumn] : columns);
    customPrinters.set(columns, printer);
  }
  return printer;
}

function compile(columns: readonly PrinterColumn[]): Printer {
  const paths = columns.map(({ jsonPath }) => parse(jsonPath));
  return {
    columns: [
      nameColumn,
      ...columns.map(({ name, type, format = '', description = '', priority = 0 }) => ({
        name,
        type,
        format,
        description,
        priority,
      })),
    ],
    cells: (object, now) => [
      object.metadata.name ?? '',
      ...columns.map(({ type }, i) => cell(paths[i]?.find(object)[0], type, now)),
    ],
  };
}

/** A column with a bad path stays empty. */
function parse(text: string): JsonPath | undefined {
  try {
    return JsonPath.parse(text);
  } catch {
    return undefined;
  }
}

function cell(value: unknown, type: string, now: number): Cell {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? age(value, now) : null;
    default:
      return isRecord(value) || Array.isArray(value) ? JSON.stringify(value) : textOf(value);
  }
}

function age(value: string, now: number): string {
  const text = since(value, now);
  return text === '<unknown>' ? '<invalid>' : text;
}
