import { availableParallelism } from 'node:os';
import { runCommand } from '../../support/fleet.ts';

/**
 * Puts this process, and all that it starts from now on, on every processor but the first, which is left to what is
 * measured: a processor that works beside others takes more time for the same work. Says whether that is possible here.
 */
export async function keepFirstProcessorFree(): Promise<boolean> {
  const last = availableParallelism() - 1;
  return last > 0 && (await pin(process.pid, `1-${last}`));
}

/** Puts processes, with all of their threads, on the first processor. */
export async function onFirstProcessor(pids: readonly number[]): Promise<void> {
  for (const pid of pids) if (!(await pin(pid, '0'))) throw new Error(`process ${pid} cannot be pinned`);
}

/** Lets a process work only while nothing else would on its processor, as if it had one of its own. */
export async function letGiveWay(pid: number): Promise<void> {
  if (!(await succeeds('chrt', ['--all-tasks', '--idle', '--pid', '0', String(pid)])))
    throw new Error(`process ${pid} cannot be made to give way`);
}

const pin = (pid: number, processors: string): Promise<boolean> =>
  succeeds('taskset', ['-acp', processors, String(pid)]);

async function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  try {
    return (await runCommand(command, args, { env: process.env })).code === 0;
  } catch {
    return false;
  }
}
