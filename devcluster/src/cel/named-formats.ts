import { Optional, type Environment } from '@marcbachmann/cel-js';
import { formatProblem } from '../text/formats.ts';
import { dns1035Label, dnsLabel, dnsSubdomain, labelValueProblems, qualifiedName } from '../text/syntax.ts';
import { registerOwnType, registerNamespace } from './own-type.ts';

/** Returns what is wrong with a text. */
type Check = (text: string) => readonly string[];

class CelFormat {
  readonly check: Check;

  constructor(check: Check) {
    this.check = check;
  }
}

/** The beginning of a name, to which a suffix is added: it may end with a hyphen. */
const prefixOf =
  (check: Check): Check =>
  (text) =>
    check(text.length > 1 && text.endsWith('-') ? `${text.slice(0, -1)}a` : text);

const format =
  (name: string, problem: string): Check =>
  (text) =>
    formatProblem(text, name) ? [problem] : [];

const formats: Readonly<Record<string, Check>> = {
  dns1123Label: dnsLabel,
  dns1123Subdomain: dnsSubdomain,
  dns1035Label,
  qualifiedName,
  dns1123LabelPrefix: prefixOf(dnsLabel),
  dns1123SubdomainPrefix: prefixOf(dnsSubdomain),
  dns1035LabelPrefix: prefixOf(dns1035Label),
  labelValue: labelValueProblems,
  uri: (text) => (formatProblem(text, 'uri') ? [`parse ${JSON.stringify(text)}: invalid URI for request`] : []),
  uuid: format('uuid', 'does not match the UUID format'),
  byte: format('byte', 'invalid base64'),
  date: format('date', 'invalid date'),
  datetime: format('datetime', 'invalid datetime'),
};

/** Named formats: `format.dns1123Label().validate("name")` is empty, or has what is wrong. */
export function registerNamedFormats(environment: Environment): void {
  const type = 'kubernetes.NamedFormat';
  const method = registerOwnType(environment, type, CelFormat);
  method('validate(string): optional<list<string>>', (of, text: string) => {
    const problems = of.check(text);
    return problems.length === 0 ? Optional.none() : Optional.of(problems);
  });
  const define = registerNamespace(environment, 'format');
  for (const [name, check] of Object.entries(formats)) define(`${name}(): ${type}`, () => new CelFormat(check));
  define(`named(string): optional<${type}>`, (name: string) => {
    const check = Object.hasOwn(formats, name) ? formats[name] : undefined;
    return check === undefined ? Optional.none() : Optional.of(new CelFormat(check));
  });
}
