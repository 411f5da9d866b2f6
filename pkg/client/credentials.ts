import { readFile } from 'node:fs/promises';
import type { User } from '@kubernetes/client-node/dist/config_types.js';
import type { Clock } from '../../machinery/src/clock/clock.ts';
import { ConnectionError } from './connection-error.ts';

/** Proof of the user's identity for the API server. */
export interface Credential {
  /** The whole Authorization header. */
  readonly authorization?: string;
  /** A client certificate that came together with the credential. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

/** Gives the credential of each request; implementations cache. */
export interface Credentials {
  get(signal?: AbortSignal): Promise<Credential>;
  /** The API server refused the credential (401): do not give it again from a cache. */
  invalidate(): void;
}

/** A credential that never changes. */
export function fixedCredentials(credential: Credential): Credentials {
  return { get: () => Promise.resolve(credential), invalidate: () => undefined };
}

const tokenFileMaxAgeMs = 60_000;

/** A bearer token from a file that is rotated, such as a ServiceAccount's; read again every minute. */
export class TokenFile implements Credentials {
  readonly #path: string;
  readonly #clock: Clock;
  #cached: { readonly credential: Credential; readonly readAt: number } | undefined;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  async get(): Promise<Credential> {
    const now = this.#clock.monotonic();
    if (this.#cached && now - this.#cached.readAt < tokenFileMaxAgeMs) return this.#cached.credential;
    const token = await this.#read();
    const credential = { authorization: `Bearer ${token}` };
    this.#cached = { credential, readAt: now };
    return credential;
  }

  invalidate(): void {
    this.#cached = undefined;
  }

  async #read(): Promise<string> {
    try {
      const token = (await readFile(this.#path, 'utf8')).trim();
      if (token !== '') return token;
    } catch (error) {
      throw new ConnectionError('BadCredentials', `token file ${this.#path}: cannot be read`, error);
    }
    throw new ConnectionError('BadCredentials', `token file ${this.#path}: is empty`);
  }
}

/** Cloud and OIDC providers of old kubeconfigs, through client-node; its whole code is loaded only when one is used. */
export class AuthProvider implements Credentials {
  readonly #user: User;

  constructor(user: User) {
    this.#user = user;
  }

  async get(): Promise<Credential> {
    const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js');
    const config = new KubeConfig();
    config.loadFromClusterAndUser({ name: 'cluster', server: 'https://localhost', skipTLSVerify: false }, this.#user);
    const options: { headers: Record<string, string> } = { headers: {} };
    try {
      await config.applyToHTTPSOptions(options);
    } catch (error) {
      const name = (this.#user.authProvider as { name?: string } | undefined)?.name ?? '';
      throw new ConnectionError('BadCredentials', `user "${this.#user.name}": auth provider "${name}" failed`, error);
    }
    const authorization = options.headers['Authorization'];
    return authorization === undefined ? {} : { authorization };
  }

  invalidate(): void {
    // the providers of client-node watch their tokens' expiry themselves
  }
}
