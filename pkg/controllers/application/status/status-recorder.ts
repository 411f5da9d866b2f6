import type { ApplicationPhase, ApplicationStatus } from '../../../apis/application-status.ts';
import type { Application } from '../../../apis/application.ts';
import { isoTime } from '../../../workflow/run.ts';
import type { Fact } from './next-status.ts';
import { nextStatus } from './next-status.ts';
import type { StatusWriter } from './write-status.ts';
import { writeStatus } from './write-status.ts';

/** Collects the facts of one reconcile of one Application, and writes the status that follows from them. */
export class StatusRecorder {
  readonly #writer: StatusWriter;
  readonly #now: () => number;
  #app: Application;
  #status: ApplicationStatus;
  #isOvertaken = false;

  constructor(writer: StatusWriter, app: Application, now: () => number) {
    this.#writer = writer;
    this.#now = now;
    this.#app = app;
    this.#status = app.status ?? {};
  }

  /** The Application as it was last read or written, with its stored status. */
  get app(): Application {
    return this.#app;
  }

  /** The status as the facts so far make it. */
  get status(): ApplicationStatus {
    return this.#status;
  }

  get phase(): ApplicationPhase {
    return (this.#status.status ?? '') as ApplicationPhase;
  }

  /** Whether labels or annotations were changed during the reconcile, so that the next one must follow at once. */
  get isOvertaken(): boolean {
    return this.#isOvertaken;
  }

  /** Continues from the Application as it is after a write of its metadata. */
  rebase(app: Application): void {
    this.#app = app;
  }

  record(fact: Fact): void {
    this.#status = nextStatus(this.#status, fact, isoTime(this.#now()));
  }

  async write(signal?: AbortSignal): Promise<void> {
    const { app, isOvertaken } = await writeStatus(this.#writer, this.#app, this.#status, signal);
    this.#app = app;
    this.#isOvertaken ||= isOvertaken;
  }
}
