import type { Gauge } from 'prom-client';

/** Counts Applications by phase in a gauge. */
export class PhaseCounter {
  readonly #gauge: Gauge<'phase'>;
  readonly #phases = new Map<string, string>();

  constructor(gauge: Gauge<'phase'>) {
    this.#gauge = gauge;
  }

  keys(): readonly string[] {
    return [...this.#phases.keys()];
  }

  /** Without a phase the Application is not counted. */
  set(key: string, phase: string | undefined): void {
    const before = this.#phases.get(key);
    if (before === phase) return;
    if (before !== undefined) this.#gauge.dec({ phase: before });
    if (phase === undefined) {
      this.#phases.delete(key);
      return;
    }
    this.#phases.set(key, phase);
    this.#gauge.inc({ phase });
  }
}
