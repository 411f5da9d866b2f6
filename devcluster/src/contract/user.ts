import type { IncomingMessage } from 'node:http';

/** The user of a request. */
export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What a request wants to do, in RBAC's terms. */
export interface Attributes {
  readonly user: User;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, `impersonate`, …; the HTTP verb in lower case for non-resource requests. */
  readonly verb: string;
  readonly group?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** Set for requests that are about no resource, such as `/healthz`. */
  readonly path?: string;
}

export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** Reads the user of a request from its certificate or token; undefined without one, 'invalid' with an invalid one. */
export interface Authenticator {
  authenticate(request: IncomingMessage): Promise<User | undefined | 'invalid'>;
}

export interface Authorizer {
  authorize(attributes: Attributes): Decision;
}

export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
export const loopback: User = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };
