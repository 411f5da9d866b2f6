import type { KubeObject } from '../../../machinery/src/meta.ts';
import type { Clock, Random } from '../../../machinery/src/clock/clock.ts';
import type { Logger } from '../../../machinery/src/logging/logger.ts';
import type { ClusterApi } from '../contract/cluster-api.ts';

export interface KubeletOptions {
  readonly api: ClusterApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How long a simulated pod takes until it is bound and ready, and a simulated job until it is done. */
  readonly readyDelayMs: number;
  /** The first pause before a second restart of a process; doubles up to five minutes. */
  readonly restartBackoffMs: number;
  /** Commands that stand for images, by repository: containers of these images run as processes of this machine. */
  readonly processImages: Readonly<Record<string, readonly string[]>>;
  /** PATH, HOME, TMPDIR and NODE_* of it are handed on to processes. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly scratchDir: string;
  /** Where the pod's processes find the API server. */
  readonly serverUrlFor: (pod: KubeObject) => string | Promise<string>;
  readonly caPem: string;
  /** A token of the pod's ServiceAccount, bound to the pod. */
  readonly issueToken: (pod: KubeObject, expiresInSeconds: number) => Promise<string>;
}
