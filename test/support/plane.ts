import type { JudgedKinds } from './real-plane/audit-policy.ts';
import type { Cut } from './real-plane/wire.ts';

export interface PlaneOptions {
  /** Of its own: everything that it writes is in it. */
  readonly folder: string;
  /** Of its processes and those of its pods. */
  readonly env: NodeJS.ProcessEnv;
  /** How long a pod that is no process takes until it is ready. */
  readonly readyDelayMs: number;
  /** Whether the embedded one writes its data down, so that it may be killed. */
  readonly keepsData: boolean;
  /** Whether pods are to be cut off from a real API server: their traffic then takes a way on which that is possible. */
  readonly isCuttable: boolean;
  /** An audit event of a real API server with the stored object. */
  readonly judged: readonly JudgedKinds[];
}

/** An API server with its controllers, and one node that runs pods of the fleet as processes of this machine. */
export interface Plane {
  readonly kind: 'embedded' | 'real';
  readonly kubeconfig: string;
  readonly auditLog: string;
  readonly apiPid: number;
  /** What the fleet needs on it besides: flags of vela-core, of `vela install`, of `vela addon enable`. */
  readonly coreArgs: readonly string[];
  readonly installArgs: readonly string[];
  readonly addonArgs: readonly string[];
  /** Starts it, or after `killApi` what was killed, on the same port and data. Resolves when it answers. */
  start(): Promise<void>;
  /** SIGKILL of the API server. */
  killApi(): Promise<void>;
  /** Cuts a pod off from the API server on the way between them, or joins them again; absent where the server itself has to. */
  cut?(pod: string, how: Cut | undefined): Promise<void>;
  /** Writes what the processes of these pods of the fleet printed to POD.log in the folder. */
  saveLogs(pods: readonly string[]): Promise<void>;
  stop(): Promise<void>;
  /** When there is no time left: what processes were started end by themselves. */
  killNow(): void;
}
