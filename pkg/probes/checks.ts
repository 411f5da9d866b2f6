/** Throws, or rejects, with the reason why the check fails. */
export type Check = () => void | Promise<void>;

export interface CheckResult {
  readonly name: string;
  /** Undefined when the check passed. */
  readonly failure: string | undefined;
}

/** Runs the checks, each to its end. */
export async function runChecks(checks: Readonly<Record<string, Check>>): Promise<CheckResult[]> {
  return Promise.all(Object.entries(checks).map(([name, check]) => runCheck(name, check)));
}

export async function runCheck(name: string, check: Check): Promise<CheckResult> {
  try {
    await check();
    return { name, failure: undefined };
  } catch (error) {
    return { name, failure: (error as { message?: string }).message ?? String(error) };
  }
}

/** The text that Kubernetes' own components answer: one line for each check, and a verdict. */
export function describe(what: string, results: readonly CheckResult[]): string {
  const lines = results.map(({ name, failure }) =>
    failure === undefined ? `[+]${name} ok` : `[-]${name} failed: ${failure}`,
  );
  const verdict = results.some(({ failure }) => failure !== undefined) ? 'failed' : 'passed';
  return [...lines, `${what} check ${verdict}`, ''].join('\n');
}
