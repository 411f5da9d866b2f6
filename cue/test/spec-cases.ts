// Statements of the language specification, each with a program: `## section: statement`, then the text.

export interface SpecCase {
  readonly statement: string;
  readonly source: string;
}

export function parseCases(text: string): SpecCase[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { statement: part.slice(0, end), source: part.slice(end + 1) };
    });
}
