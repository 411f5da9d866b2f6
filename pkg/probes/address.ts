export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Reads an address flag such as `:9440` or `127.0.0.1:8080`; the host stands in where it names none. */
export function parseAddress(text: string, defaultHost: string): Address {
  const match = /^(?:\[(?<ipv6>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]]*)):(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.['port']);
  if (!match || port > 65_535) throw new Error(`address "${text}": must be host:port or :port`);
  const host = match.groups?.['ipv6'] ?? match.groups?.['host'];
  return { host: host === undefined || host === '' ? defaultHost : host, port };
}
