import { join } from 'node:path';
import { packageRoot } from '../../../pkg/assets/root.ts';
import { freePort } from '../core-process.ts';
import type { Plane, PlaneOptions } from '../plane.ts';
import { assetsIn } from './assets.ts';
import { ControlPlane } from './control-plane.ts';
import { Daemon } from '../daemon.ts';

interface Parts {
  readonly controlPlane: ControlPlane;
  readonly webhookPort: number;
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
    return [`--webhook-url=${this.#webhookUrl}`];
  }

  get installArgs(): readonly string[] {
    return ['--webhook-url', this.#webhookUrl];
  }

  async start(): Promise<void> {
    const { folder, env, readyDelayMs } = this.#options;
    this.#parts ??= await this.#prepare();
    const { controlPlane, webhookPort } = this.#parts;
    await controlPlane.start();
    const hook = join(packageRoot(), 'hack/typescript.mjs');
    const flags = ['--kubeconfig', this.kubeconfig, '--logs', join(folder, 'logs')];
    const more = ['--ready-delay', String(readyDelayMs), '--webhook-port', String(webhookPort)];
    this.#agent ??= new Daemon({
      program: process.execPath,
      args: [
        '--disable-warning=ExperimentalWarning',
        `--import=${hook}`,
        join(import.meta.dirname, 'node-agent.ts'),
        ...flags,
        ...more,
      ],
      cwd: packageRoot(),
      logFile: join(folder, 'node-agent.log'),
      env,
    });
  }

  async killApi(): Promise<void> {
    await this.#parts?.controlPlane.killApi();
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

  get #webhookUrl(): string {
    return `https://127.0.0.1:${this.#parts?.webhookPort ?? 0}`;
  }

  async #prepare(): Promise<Parts> {
    const { folder, judged } = this.#options;
    const assets = await assetsIn(this.#assets);
    const { kubeconfig, auditLog } = this;
    return {
      controlPlane: new ControlPlane({ folder, assets, kubeconfig, auditLog, judged }),
      webhookPort: await freePort(),
    };
  }
}
