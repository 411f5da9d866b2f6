import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';
import type { Condition } from '../../machinery/src/meta.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import type { Result } from '../../pkg/reconcile/result.ts';
import type { ApplicationBed } from './application-bed.ts';
import type { FakeRequest } from './fake-kube-client.ts';

/**
 * Compares a transcript with `test/scenarios/<name>.txt`. With UPDATE_TRANSCRIPTS=1 in the environment it writes the file
 * instead, and the change is reviewed as a diff.
 */
export async function expectTranscript(name: string, lines: readonly string[]): Promise<void> {
  const file = join(packageRoot(), 'test/scenarios', `${name}.txt`);
  const text = `${lines.join('\n')}\n`;
  if (process.env['UPDATE_TRANSCRIPTS'] === '1') {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return;
  }
  expect(text.split('\n')).toEqual((await readFile(file, 'utf8')).split('\n'));
}

/** Writes down what the application controller of a bed does: requests, status patches, Events and results. */
export class ApplicationTranscript {
  readonly bed: ApplicationBed;
  readonly lines: string[] = [];

  constructor(title: string, bed: ApplicationBed) {
    this.bed = bed;
    this.lines.push(`# ${title}`);
    bed.cluster.onRequest = (request) => this.lines.push(...requestLines(request));
  }

  /** Notes what the test does to the cluster. */
  act(text: string, action: () => void): void {
    this.lines.push('', `> ${text}`);
    action();
  }

  /** Reconciles until only the resync is left, at most so often. */
  async settle(limit = 12): Promise<void> {
    for (let i = 0; i < limit; i++) {
      const nextMs = await this.#reconcile();
      if (nextMs === undefined || nextMs >= 300_000) return;
      await this.bed.clock.advance(nextMs);
    }
  }

  async #reconcile(): Promise<number | undefined> {
    this.lines.push('', 'reconcile');
    const events = this.bed.events.length;
    let result: Result | undefined;
    let failure = '';
    try {
      result = await this.bed.reconcile();
    } catch (error) {
      failure = `${(error as Error).name}: ${(error as Error).message}`;
    }
    for (const event of this.bed.events.slice(events)) this.lines.push(`  event ${event}`);
    if (!result) {
      this.lines.push(`  failed: ${failure}`);
      return undefined;
    }
    const { requeueAfterMs } = result;
    this.lines.push(requeueAfterMs === undefined ? '  done' : `  requeue after ${requeueAfterMs} ms`);
    return requeueAfterMs;
  }
}

function requestLines({ verb, resource, name, subresource, dryRun, body }: FakeRequest): readonly string[] {
  const path = `${resource.kind}${subresource ? `/${subresource}` : ''}`;
  const line = `  ${dryRun ? 'dry-run ' : ''}${verb} ${path}${name ? ` ${name}` : ''}`;
  if (resource.kind !== 'Application' || body === undefined) return [line];
  const { metadata = {}, status = {} } = body as { readonly metadata?: object; readonly status?: object };
  const fields = Object.entries({ ...metadata, ...status })
    .filter(([key]) => key !== 'resourceVersion')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return [line, ...fields.map(([key, value]) => `    ${key}: ${fieldText(key, value)}`)];
}

function fieldText(key: string, value: unknown): string {
  if (key !== 'conditions' || !Array.isArray(value)) return JSON.stringify(value);
  return (value as readonly Condition[])
    .map(({ type, status, reason, message }) => `${type}=${status} ${reason}${message ? ` "${message}"` : ''}`)
    .join(', ');
}
