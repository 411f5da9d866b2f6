import { closeSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';

/**
 * The keys in work, in a file from which the next process learns the keys of a crash. Written on every change and never
 * flushed: it survives the process, not the machine.
 */
export class Journal {
  readonly #file: string;
  readonly #keys = new Map<string, number>();
  /** Of the last crash, until they are settled. */
  readonly #left: Set<string>;
  #descriptor: number | undefined;

  private constructor(file: string, descriptor: number, left: readonly string[]) {
    this.#file = file;
    this.#descriptor = descriptor;
    this.#left = new Set(left);
    this.#write();
  }

  /**
   * Takes the file over. Returns the keys in work when the last process crashed; none if it ended well. They
   * stay in the file until they are settled, so that another crash does not lose them.
   */
  static open(file: string): { readonly journal: Journal; readonly left: readonly string[] } {
    const left = leftIn(file);
    const descriptor = openSync(file, 'w', 0o600);
    return { journal: new Journal(file, descriptor, left), left };
  }

  begin(key: string): void {
    this.#keys.set(key, (this.#keys.get(key) ?? 0) + 1);
    this.#write();
  }

  end(key: string): void {
    const times = (this.#keys.get(key) ?? 0) - 1;
    if (times > 0) this.#keys.set(key, times);
    else this.#keys.delete(key);
    this.#write();
  }

  /** A key of the last crash was handled. */
  settle(key: string): void {
    if (this.#left.delete(key)) this.#write();
  }

  /** The process ends well. */
  close(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
    if (this.#left.size === 0) rmSync(this.#file, { force: true });
  }

  #write(): void {
    if (this.#descriptor === undefined) return;
    const keys = [...new Set([...this.#left, ...this.#keys.keys()])];
    const line = Buffer.from(`${JSON.stringify(keys)}\n`);
    writeSync(this.#descriptor, line, 0, line.length, 0);
    // text after the first line has no meaning, but must not grow for ever
    if (keys.length === 0) ftruncateSync(this.#descriptor, line.length);
  }
}

function leftIn(file: string): readonly string[] {
  try {
    const [line = '[]'] = readFileSync(file, 'utf8').split('\n', 1);
    const read: unknown = JSON.parse(line);
    return Array.isArray(read) ? read.filter((key): key is string => typeof key === 'string') : [];
  } catch {
    return [];
  }
}
