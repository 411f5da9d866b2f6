/** What flags say about the times that keep two processes from writing for one Application; milliseconds. */
export interface GivenTimes {
  /** Undefined where the process works without election. */
  readonly lease:
    | {
        /** How long others wait after the last renewal that they saw. */
        readonly durationMs: number;
        /** How long the holder tries to renew before it gives up. */
        readonly renewDeadlineMs: number;
        /** Pause between two attempts. */
        readonly retryPeriodMs: number;
      }
    | undefined;
  /** Timeout of a single write request. */
  readonly writeTimeoutMs: number;
  /** Whether the write timeout was set by hand; the default one is shortened to what a short Lease allows. */
  readonly isWriteTimeoutGiven: boolean;
}

/** Every time on which exclusive writing depends, derived from one checked set. */
export interface SafetyTimes {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  /** For how long after it sent a renewal the holder trusts it; the rest allows for clocks of different speed. */
  readonly trustedMs: number;
  /** The longest that a write request may take, at the client and in the API server. */
  readonly writeTimeoutMs: number;
  /** After a write without an answer: by then it has arrived, or never will. */
  readonly lateWriteMs: number;
}

/** The part of the lease duration for which a holder trusts a renewal. */
export const trustedFraction = 0.9;
/** Attempts are spread by up to this factor, so that standbys do not ask all at once. */
export const jitterFactor = 1.2;
/** A write that has less time than this before the right to write ends is not sent. */
export const minimumWriteMs = 500;
/** The API server ends every request by then (`--request-timeout` of kube-apiserver). */
export const serverLimitMs = 60_000;
/** A container starts after its predecessor in the pod has ended; what that sent last has arrived by then. */
export const predecessorGoneMs = 1_000;

export const defaultTimes: GivenTimes = {
  lease: { durationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 },
  writeTimeoutMs: 15_000,
  isWriteTimeoutGiven: false,
};

/** Derives all times from the given ones; they are to pass `timeProblems` first. */
export function safetyTimesOf({ lease, writeTimeoutMs, isWriteTimeoutGiven }: GivenTimes): SafetyTimes {
  const { durationMs, renewDeadlineMs, retryPeriodMs } = lease ?? {
    durationMs: 0,
    renewDeadlineMs: 0,
    retryPeriodMs: 0,
  };
  const isShortened = lease !== undefined && !isWriteTimeoutGiven;
  const timeoutMs = isShortened ? Math.min(writeTimeoutMs, durationMs) : writeTimeoutMs;
  return {
    leaseDurationMs: durationMs,
    renewDeadlineMs,
    retryPeriodMs,
    trustedMs: durationMs * trustedFraction,
    writeTimeoutMs: timeoutMs,
    lateWriteMs: timeoutMs,
  };
}

/** A pair of times that contradict each other, by the names that a person knows them by. */
export interface TimeProblem {
  readonly about: 'lease' | 'write';
  readonly problem: string;
}

/** Returns what is wrong with the given times, in sentences; nothing when they are sound. */
export function timeProblems(given: GivenTimes): TimeProblem[] {
  const { writeTimeoutMs, lease } = given;
  const durations = lease ? leaseProblems(lease) : [];
  const writes: readonly (readonly [boolean, string])[] = [
    [
      writeTimeoutMs >= 2 * minimumWriteMs,
      `write timeout ${seconds(writeTimeoutMs)} must be at least ${seconds(2 * minimumWriteMs)}`,
    ],
    [
      writeTimeoutMs <= serverLimitMs,
      `write timeout ${seconds(writeTimeoutMs)} must not be longer than ${seconds(serverLimitMs)}, at which the API server ends a request`,
    ],
    [
      !lease || !given.isWriteTimeoutGiven || writeTimeoutMs <= lease.durationMs,
      `write timeout ${seconds(writeTimeoutMs)} must not be longer than the lease duration ${seconds(lease?.durationMs ?? 0)}: a write must end before another process may hold the Lease`,
    ],
  ];
  return [
    ...durations.map((problem) => ({ about: 'lease' as const, problem })),
    ...writes.flatMap(([holds, problem]) => (holds ? [] : [{ about: 'write' as const, problem }])),
  ];
}

function leaseProblems({ durationMs, renewDeadlineMs, retryPeriodMs }: NonNullable<GivenTimes['lease']>): string[] {
  const trustedMs = durationMs * trustedFraction;
  const rules: readonly (readonly [boolean, string])[] = [
    [durationMs >= 1000, `lease duration ${seconds(durationMs)} must be at least 1s`],
    [retryPeriodMs > 0, `retry period ${seconds(retryPeriodMs)} must be positive`],
    [
      durationMs > renewDeadlineMs,
      `lease duration ${seconds(durationMs)} must be longer than the renew deadline ${seconds(renewDeadlineMs)}`,
    ],
    [
      !(durationMs > renewDeadlineMs) || trustedMs >= renewDeadlineMs,
      `renew deadline ${seconds(renewDeadlineMs)} must be at most nine tenths of the lease duration ${seconds(durationMs)}: a holder may not write after that`,
    ],
    [
      renewDeadlineMs > retryPeriodMs * jitterFactor,
      `renew deadline ${seconds(renewDeadlineMs)} must be longer than ${jitterFactor} retry periods of ${seconds(retryPeriodMs)}`,
    ],
    [
      !(durationMs >= 1000) || trustedMs - retryPeriodMs >= minimumWriteMs,
      `lease duration ${seconds(durationMs)} leaves less than ${seconds(minimumWriteMs)} to write between two renewals, which are ${seconds(retryPeriodMs)} apart`,
    ],
  ];
  return rules.flatMap(([holds, problem]) => (holds ? [] : [problem]));
}

const seconds = (ms: number): string => `${ms / 1000}s`;
