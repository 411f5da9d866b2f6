type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy that the environment asks for on the way to a server, by HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
export function proxyFromEnv(server: string, env: Environment): string | undefined {
  const url = new URL(server);
  const variable = (name: string): string | undefined => [env[name], env[name.toLowerCase()]].find(Boolean);
  const proxy = variable(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (proxy === undefined || isLoopback(url.hostname) || isExempt(url, variable('NO_PROXY') ?? '')) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}

function isExempt(url: URL, list: string): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [name = '', onlyPort] = entry.split(':');
      if (onlyPort !== undefined && onlyPort !== port) return false;
      const suffix = name.replace(/^\*?\.?/, '');
      return url.hostname === suffix || url.hostname.endsWith(`.${suffix}`) || inCidr(url.hostname, entry);
    });
}

function inCidr(host: string, cidr: string): boolean {
  const [network = '', bits] = cidr.split('/');
  const [a, b] = [toNumber(host), toNumber(network)];
  if (bits === undefined || a === undefined || b === undefined) return false;
  const size = 2 ** (32 - Number(bits));
  return Math.floor(a / size) === Math.floor(b / size);
}

function toNumber(ip: string): number | undefined {
  const parts = ip.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}
