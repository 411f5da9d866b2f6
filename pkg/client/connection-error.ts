/** Why no connection could be made of the configuration. */
export type ConnectionReason = 'NoKubeconfig' | 'BadKubeconfig' | 'BadCredentials' | 'Unsupported';

/** The configuration of the connection is missing or wrong; the message names the file, the entry and the remedy. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly reason: ConnectionReason;

  constructor(reason: ConnectionReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
