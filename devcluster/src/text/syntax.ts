/** Syntax of names, label keys and the like. Each check answers with the messages of what is wrong. */

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualified})?`;
const labelValueShown = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?';
const dns1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const configKey = '[-._a-zA-Z0-9]+';

const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`);
const expressions = {
  label: whole(label),
  subdomain: whole(subdomain),
  qualified: whole(qualified),
  labelValue: whole(labelValue),
  dns1035: whole(dns1035),
  configKey: whole(configKey),
  envName: /^[ -<>-~]+$/,
};

const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const qualifiedText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

function tooLong(value: string, limit: number): string[] {
  return value.length > limit ? [`must be no more than ${limit} characters`] : [];
}

function broken(text: string, pattern: string, ...examples: string[]): string {
  const shown = examples.map((example, i) => (i === 0 ? `'${example}'` : ` or '${example}'`)).join(', ');
  return `${text} (e.g. ${shown}, regex used for validation is '${pattern}')`;
}

export function dnsLabel(value: string): string[] {
  const found = tooLong(value, 63);
  if (expressions.label.test(value)) return found;
  const isDotted = expressions.subdomain.test(value);
  found.push(isDotted ? 'must not contain dots' : broken(labelText, label, 'my-name', '123-abc'));
  return found;
}

export function dnsSubdomain(value: string): string[] {
  const found = tooLong(value, 253);
  if (!expressions.subdomain.test(value)) found.push(broken(subdomainText, subdomain, 'example.com'));
  return found;
}

/** An RFC 1035 label: as dnsLabel, but it starts with a letter. */
export function dns1035Label(value: string): string[] {
  const found = tooLong(value, 63);
  if (!expressions.dns1035.test(value)) {
    const text =
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
    found.push(broken(text, dns1035, 'my-name', 'abc-123'));
  }
  return found;
}

/** A label key: an optional DNS prefix and a name. */
export function qualifiedName(value: string): string[] {
  const parts = value.split('/');
  const found: string[] = [];
  let name = value;
  if (parts.length === 2) {
    const [prefix = ''] = parts;
    name = parts[1] ?? '';
    if (prefix === '') found.push('prefix part must be non-empty');
    else found.push(...dnsSubdomain(prefix).map((text) => `prefix part ${text}`));
  } else if (parts.length > 2) {
    const text = broken(`a valid label key ${qualifiedText}`, qualified, 'MyName', 'my.name', '123-abc');
    return [`${text} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  if (name === '') found.push('name part must be non-empty');
  else if (name.length > 63) found.push('name part must be no more than 63 bytes');
  if (!expressions.qualified.test(name)) {
    found.push(broken(`name part ${qualifiedText}`, qualified, 'MyName', 'my.name', '123-abc'));
  }
  return found;
}

export function labelValueProblems(value: string): string[] {
  const found = Buffer.byteLength(value) > 63 ? ['must be no more than 63 bytes'] : [];
  if (!expressions.labelValue.test(value)) {
    const text =
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    found.push(broken(text, labelValueShown, 'MyValue', 'my_value', '12345'));
  }
  return found;
}

/** A key of a ConfigMap's or Secret's data. */
export function configMapKey(value: string): string[] {
  const found = tooLong(value, 253);
  if (!expressions.configKey.test(value)) {
    const text = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    found.push(broken(text, configKey, 'key.name', 'KEY_NAME', 'key-name'));
  }
  if (value === '.') found.push("must not be '.'");
  else if (value === '..') found.push("must not be '..'");
  else if (value.startsWith('..')) found.push("must not start with '..'");
  return found;
}

/** A name that can be a segment of a URL's path. */
export function pathSegment(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((c) => value.includes(c)).map((c) => `may not contain '${c}'`);
}

export function envName(value: string): string[] {
  if (expressions.envName.test(value)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** Of a container's port: at least one letter, at most 15 characters. */
export function portName(value: string): string[] {
  const found: string[] = [];
  if (value.length > 15) found.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(value)) {
    found.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) found.push('must contain at least one letter (a-z)');
  if (value.includes('--')) found.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) found.push('must not begin or end with a hyphen');
  return found;
}

export function portNumber(value: number): string[] {
  return value >= 1 && value <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}
