import { isStrictlyWithin, rangeProblems } from './address-syntax.ts';
import { child, fill, isRecord, recordOf, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { selectorProblems } from './label-selector.ts';
import { forbidden, invalid, required, unsupported } from '../contract/problems.ts';
import type { FieldProblem, KindStrategy } from '../contract/strategy.ts';
import { portName, portNumber } from '../text/syntax.ts';

const policyTypes = ['Ingress', 'Egress'];
const protocols = ['TCP', 'UDP', 'SCTP'];

export const networkPolicy: KindStrategy = {
  hasGeneration: true,
  default(object) {
    const spec = child(object, 'spec');
    child(spec, 'podSelector');
    for (const rule of [...recordsOf(spec['ingress']), ...recordsOf(spec['egress'])]) {
      for (const port of recordsOf(rule['ports'])) fill(port, { protocol: 'TCP' });
    }
    if (Array.isArray(spec['policyTypes']) && spec['policyTypes'].length > 0) return;
    const egress = recordsOf(spec['egress']).length > 0;
    spec['policyTypes'] = egress ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  validate(object) {
    const spec = recordOf(object['spec']);
    const types: unknown[] = Array.isArray(spec['policyTypes']) ? spec['policyTypes'] : [];
    return [
      ...selectorProblems(recordOf(spec['podSelector']), 'spec.podSelector'),
      ...typeProblems(types),
      ...recordsOf(spec['ingress']).flatMap((rule, i) => ruleProblems(rule, 'from', `spec.ingress[${i}]`)),
      ...recordsOf(spec['egress']).flatMap((rule, i) => ruleProblems(rule, 'to', `spec.egress[${i}]`)),
    ];
  },
};

function typeProblems(types: readonly unknown[]): FieldProblem[] {
  if (types.length > policyTypes.length)
    return [invalid('spec.policyTypes', types, 'may not specify more than two policyTypes')];
  return types.flatMap((type, i) =>
    policyTypes.includes(stringOf(type)) ? [] : [unsupported(`spec.policyTypes[${i}]`, type, policyTypes)],
  );
}

function ruleProblems(rule: JsonRecord, peers: 'from' | 'to', field: string): FieldProblem[] {
  return [
    ...recordsOf(rule['ports']).flatMap((port, i) => portProblems(port, `${field}.ports[${i}]`)),
    ...recordsOf(rule[peers]).flatMap((peer, i) => peerProblems(peer, `${field}.${peers}[${i}]`)),
  ];
}

function portProblems({ protocol, port, endPort }: JsonRecord, field: string): FieldProblem[] {
  const problems = protocols.includes(stringOf(protocol))
    ? []
    : [unsupported(`${field}.protocol`, protocol, protocols)];
  const texts = typeof port === 'number' ? portNumber(port) : typeof port === 'string' ? portName(port) : [];
  problems.push(...texts.map((text) => invalid(`${field}.port`, port, text)));
  if (typeof endPort !== 'number') return problems;
  const at = `${field}.endPort`;
  if (typeof port === 'string') problems.push(invalid(at, endPort, 'may not be specified when `port` is non-numeric'));
  else if (typeof port !== 'number')
    problems.push(invalid(at, endPort, 'may not be specified when `port` is not specified'));
  else {
    if (endPort < port) problems.push(invalid(at, port, 'must be greater than or equal to `port`'));
    problems.push(...portNumber(endPort).map((text) => invalid(at, endPort, text)));
  }
  return problems;
}

function peerProblems(peer: JsonRecord, field: string): FieldProblem[] {
  const selectors = ['podSelector', 'namespaceSelector'].filter((key) => isRecord(peer[key]));
  const problems = selectors.flatMap((key) => selectorProblems(recordOf(peer[key]), `${field}.${key}`));
  const block = isRecord(peer['ipBlock']) ? peer['ipBlock'] : undefined;
  if (block !== undefined) problems.push(...blockProblems(block, `${field}.ipBlock`));
  if (selectors.length === 0 && block === undefined) problems.push(required(field, 'must specify a peer'));
  if (selectors.length > 0 && block !== undefined)
    problems.push(forbidden(field, 'may not specify both ipBlock and another peer'));
  return problems;
}

function blockProblems(block: JsonRecord, field: string): FieldProblem[] {
  const cidr = stringOf(block['cidr']);
  if (cidr === '') return [required(`${field}.cidr`)];
  const except: unknown[] = Array.isArray(block['except']) ? block['except'] : [];
  const inner = except.flatMap((value, i) => {
    const at = `${field}.except[${i}]`;
    const text = stringOf(value);
    const outside = isStrictlyWithin(text, cidr) === false;
    return [...rangeProblems(text, at), ...(outside ? [invalid(at, text, 'must be a strict subset of `cidr`')] : [])];
  });
  return [...rangeProblems(cidr, `${field}.cidr`), ...inner];
}
