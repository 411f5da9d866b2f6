import { join } from 'node:path';
import { packageRoot } from '../../../pkg/assets/root.ts';
import { freePort } from '../core-process.ts';
import { Daemon } from '../daemon.ts';
import type { Plane, PlaneOptions } from '../plane.ts';
import { assetsIn } from './assets.ts';
import { ControlPlane } from './control-plane.ts';
import type { Cut } from './wire.ts';

interface Parts {
  readonly controlPlane: ControlPlane;
  readonly webhookPort: number;
  readonly cutsPort: number;
}

/** A real control plane with the node agent beside it. */
export class RealPlane implements Plane {
  readonly kind = 'real';
  // the fleet is to be seen on old servers, too
  readonly addonArgs = ['--skip-version-validating'];
  readonly kubeconfig: string;
  readonly auditLog: string;
  readonly #options: PlaneOptions;
  readonly #assets: string;
  #parts: Parts | undefined;
  #agent: Daemon | undefined;
  #cuts: Readonly<Record<string, Cut>> = {};

  constructor(options: PlaneOptions, assets: string) {
    this.#options = options;
    this.#assets = assets;
    this.kubeconfig = join(options.folder, 'kubeconfig');
    this.auditLog = join(options.folder, 'audit.jsonl');
  }

  get apiPid(): number {
    return this.#parts?.controlPlane.apiPid ?? 0;
  }

  get coreArgs(): readonly string[] {
    return [`--webhook-url=${this.webhookUrl}`];
  }

  get installArgs(): readonly string[] {
    return ['--webhook-url', this.webhookUrl];
  }

  async start(): Promise<void> {
    const { folder, env, readyDelayMs, isCuttable } = this.#options;
    this.#parts ??= await this.#prepare();
    const { controlPlane, webhookPort, cutsPort } = this.#parts;
    await controlPlane.start();
    const hook = join(packageRoot(), 'hack/typescript.mjs');
    const flags = ['--kubeconfig', this.kubeconfig, '--logs', join(folder, 'logs')];
    const more = ['--ready-delay', String(readyDelayMs), '--webhook-port', String(webhookPort)];
    const cuts = isCuttable ? ['--cuts-port', String(cutsPort)] : [];
    this.#agent ??= new Daemon({
      program: process.execPath,
      args: [
        '--disable-warning=ExperimentalWarning',
        `--import=${hook}`,
        join(import.meta.dirname, 'node-agent.ts'),
        ...flags,
        ...more,
        ...cuts,
      ],
      cwd: packageRoot(),
      logFile: join(folder, 'node-agent.log'),
      env,
    });
  }

  async killApi(): Promise<void> {
    await this.#parts?.controlPlane.killApi();
  }

  /** Cuts a pod off from the API server, or joins them again. */
  async cut(pod: string, how: Cut | undefined): Promise<void> {
    const { [pod]: _, ...others } = this.#cuts;
    this.#cuts = how === undefined ? others : { ...others, [pod]: how };
    const url = `http://127.0.0.1:${this.#parts?.cutsPort ?? 0}`;
    await fetch(url, { method: 'PUT', body: JSON.stringify(this.#cuts) });
  }

  /** The node agent has them in logs/ all the time. */
  saveLogs(): Promise<void> {
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    await this.#agent?.end();
    await this.#parts?.controlPlane.stop();
  }

  killNow(): void {
    this.#agent?.killNow();
    this.#parts?.controlPlane.killNow();
  }

  /** Leads to the webhooks of the fleet's ready pods. */
  get webhookUrl(): string {
    return `https://127.0.0.1:${this.#parts?.webhookPort ?? 0}`;
  }

  async #prepare(): Promise<Parts> {
    const { folder, judged } = this.#options;
    const assets = await assetsIn(this.#assets);
    const { kubeconfig, auditLog } = this;
    return {
      controlPlane: new ControlPlane({ folder, assets, kubeconfig, auditLog, judged }),
      webhookPort: await freePort(),
      cutsPort: await freePort(),
    };
  }
}
