import { spawn } from 'node:child_process';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { ConnectionError } from './connection-error.ts';
import type { Credential, Credentials } from './credentials.ts';

/** The `exec` block of a kubeconfig's user. */
export interface ExecPlugin {
  readonly apiVersion?: string;
  readonly command: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly installHint?: string;
}

interface ExecAnswer {
  readonly status?: {
    readonly token?: string;
    readonly clientCertificateData?: string;
    readonly clientKeyData?: string;
    readonly expirationTimestamp?: string;
  };
}

/** How long before its end a credential is fetched anew. */
const earlyMs = 30_000;

export interface ExecCredentialsOptions {
  readonly user: string;
  readonly plugin: ExecPlugin;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
}

/** Runs a client-go credential plugin; its answer is cached until it expires or is refused, and one run serves all waiting requests. */
export class ExecCredentials implements Credentials {
  readonly #options: ExecCredentialsOptions;
  #cached: { readonly credential: Credential; readonly expiresAt: number } | undefined;
  #running: Promise<Credential> | undefined;

  constructor(options: ExecCredentialsOptions) {
    this.#options = options;
  }

  async get(): Promise<Credential> {
    if (this.#cached && this.#options.clock.now() < this.#cached.expiresAt - earlyMs) return this.#cached.credential;
    this.#running ??= this.#fetch().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  invalidate(): void {
    this.#cached = undefined;
  }

  async #fetch(): Promise<Credential> {
    const { user, plugin } = this.#options;
    const fail = (why: string, cause?: unknown): ConnectionError => {
      const hint = plugin.installHint ? `; ${plugin.installHint}` : '';
      return new ConnectionError(
        'BadCredentials',
        `user "${user}": exec plugin ${plugin.command}: ${why}${hint}`,
        cause,
      );
    };
    const { status } = await this.#run(fail);
    const { token, clientCertificateData: cert, clientKeyData: key } = status ?? {};
    if (token === undefined && (cert === undefined || key === undefined))
      throw fail('answered without a token or certificate');
    const credential = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(cert !== undefined && key !== undefined && { certificate: { cert, key } }),
    };
    const expiresAt = status?.expirationTimestamp ? Date.parse(status.expirationTimestamp) : Number.POSITIVE_INFINITY;
    this.#cached = { credential, expiresAt };
    return credential;
  }

  #run(fail: (why: string, cause?: unknown) => ConnectionError): Promise<ExecAnswer> {
    const { plugin, env } = this.#options;
    const info = {
      apiVersion: plugin.apiVersion ?? 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: { interactive: false },
    };
    const extra = Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value]));
    const child = spawn(plugin.command, [...(plugin.args ?? [])], {
      env: { ...env, ...extra, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Promise((resolve, reject) => {
      const out: string[] = [];
      const err: string[] = [];
      child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
      child.on('error', (error) => {
        reject(fail('cannot be run', error));
      });
      child.on('close', (code) => {
        if (code !== 0) {
          reject(fail(`ended with ${code ?? 'a signal'}: ${err.join('').trim().slice(0, 500)}`));
          return;
        }
        try {
          resolve(JSON.parse(out.join('')) as ExecAnswer);
        } catch (error) {
          reject(fail('answered something that is not JSON', error));
        }
      });
    });
  }
}
