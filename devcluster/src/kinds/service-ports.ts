import { stringOf, type JsonRecord } from '../contract/json.ts';
import { duplicate, forbidden, invalid, required, Struct, unsupported } from '../contract/problems.ts';
import type { FieldProblem } from '../contract/strategy.ts';
import { dnsLabel, portName, portNumber, qualifiedName } from '../text/syntax.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];
const firstPort = 30_000;
const lastPort = 32_767;

export function portsProblems(ports: readonly JsonRecord[], type: unknown): FieldProblem[] {
  const names = new Set<string>();
  const numbers = new Set<string>();
  const nodePorts = new Set<string>();
  return ports.flatMap((port, i) => {
    const field = `spec.ports[${i}]`;
    const problems = onePortProblems(port, field, ports.length > 1);
    problems.push(...nodePortProblems(port, `${field}.nodePort`, { type, taken: nodePorts }));
    const name = stringOf(port['name']);
    if (name !== '' && names.has(name)) problems.push(duplicate(`${field}.name`, name));
    names.add(name);
    const key = `${String(port['port'])}/${stringOf(port['protocol'])}`;
    if (numbers.has(key)) problems.push(duplicate(field, shownPort(port)));
    numbers.add(key);
    return problems;
  });
}

/** A port as kube-apiserver shows it: by its internal names, with nothing but what makes two the same. */
function shownPort({ port, protocol }: JsonRecord): Struct {
  return new Struct({ Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 });
}

function onePortProblems(port: JsonRecord, field: string, named: boolean): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const name = stringOf(port['name']);
  if (name === '' && named) problems.push(required(`${field}.name`));
  else if (name !== '') problems.push(...dnsLabel(name).map((text) => invalid(`${field}.name`, name, text)));
  const number = Number(port['port'] ?? 0);
  problems.push(...portNumber(number).map((text) => invalid(`${field}.port`, number, text)));
  const protocol = stringOf(port['protocol']);
  if (protocol === '') problems.push(required(`${field}.protocol`));
  else if (!protocols.includes(protocol)) problems.push(unsupported(`${field}.protocol`, protocol, protocols));
  problems.push(...targetProblems(port['targetPort'], `${field}.targetPort`));
  const application = port['appProtocol'];
  if (typeof application !== 'string') return problems;
  const texts = qualifiedName(application);
  return [...problems, ...texts.map((text) => invalid(`${field}.appProtocol`, application, text))];
}

function nodePortProblems(
  { nodePort, protocol }: JsonRecord,
  field: string,
  { type, taken }: { readonly type: unknown; readonly taken: Set<string> },
): FieldProblem[] {
  const node = Number(nodePort ?? 0);
  if (node === 0) return [];
  if (type === 'ClusterIP') return [forbidden(field, "may not be used when `type` is 'ClusterIP'")];
  const key = `${node}/${stringOf(protocol)}`;
  const problems = taken.has(key) ? [duplicate(field, node)] : [];
  taken.add(key);
  if (node >= firstPort && node <= lastPort) return problems;
  const text = `provided port is not in the valid range. The range of valid ports is ${firstPort}-${lastPort}`;
  return [...problems, invalid(field, node, text)];
}

function targetProblems(target: unknown, field: string): FieldProblem[] {
  const texts = typeof target === 'string' ? portName(target) : portNumber(Number(target ?? 0));
  return texts.map((text) => invalid(field, target, text));
}
