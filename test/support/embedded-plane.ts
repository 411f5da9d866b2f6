import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemNamespace } from '../../pkg/apis/names.ts';
import { packageRoot } from '../../pkg/assets/root.ts';
import { loadConnection } from '../../pkg/client/connection.ts';
import { eventually, runCommand } from './fleet.ts';
import type { Plane, PlaneOptions } from './plane.ts';
import { Daemon } from './daemon.ts';

/** `vela dev up` in a process of its own, with its data in the folder. */
export class EmbeddedPlane implements Plane {
  readonly kind = 'embedded';
  readonly kubeconfig: string;
  readonly auditLog: string;
  readonly coreArgs = [];
  readonly installArgs = [];
  readonly addonArgs = [];
  readonly #options: PlaneOptions;
  #server: Daemon | undefined;
  #port = '0';

  constructor(options: PlaneOptions) {
    this.#options = options;
    this.kubeconfig = join(options.folder, 'kubeconfig');
    this.auditLog = join(options.folder, 'audit.jsonl');
  }

  get apiPid(): number {
    return this.#server?.pid ?? 0;
  }

  async start(): Promise<void> {
    const { folder, env, readyDelayMs, keepsData } = this.#options;
    await rm(this.kubeconfig, { force: true });
    const flags = ['--port', this.#port, '--kubeconfig', this.kubeconfig, '--audit-log', this.auditLog];
    const more = [...(keepsData ? ['--data-dir', join(folder, 'data')] : []), '--ready-delay', String(readyDelayMs)];
    // not bin/vela, because its shell would be signalled instead
    const main = join(packageRoot(), 'dist/cmd/vela/main.js');
    const args = ['--disable-warning=ExperimentalWarning', main, 'dev', 'up', ...flags, ...more];
    const server = new Daemon({
      program: process.execPath,
      args,
      cwd: process.cwd(),
      logFile: join(folder, 'api.log'),
      env,
    });
    this.#server = server;
    await eventually('the API server to start', async () => {
      server.assertRuns();
      await access(this.kubeconfig);
    });
    this.#port = new URL((await loadConnection({ kubeconfig: this.kubeconfig, env: {} })).server).port;
  }

  async killApi(): Promise<void> {
    await this.#server?.kill();
  }

  async saveLogs(pods: readonly string[]): Promise<void> {
    const env = { ...this.#options.env, KUBECONFIG: this.kubeconfig };
    for (const pod of pods) {
      const log = await runCommand('kubectl', ['-n', systemNamespace, 'logs', pod], { env });
      await writeFile(join(this.#options.folder, `${pod}.log`), log.stdout);
    }
  }

  async stop(): Promise<void> {
    await this.#server?.end();
  }

  killNow(): void {
    this.#server?.killNow();
  }
}
