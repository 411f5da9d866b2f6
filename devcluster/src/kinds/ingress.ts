import { domainPathProblems, hostNameTexts, hostProblems } from './address-syntax.ts';
import { absent, at, child, fill, isRecord, recordOf, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { forbidden, immutableText, invalid, required, unsupported } from '../contract/problems.ts';
import type { FieldProblem, KindStrategy } from '../contract/strategy.ts';
import { dnsLabel, dnsSubdomain, pathSegment, portName, portNumber } from '../text/syntax.ts';

const classAnnotation = 'kubernetes.io/ingress.class';
const defaultClass = 'ingressclass.kubernetes.io/is-default-class';
const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

const texts = (found: readonly string[], field: string, value: unknown): FieldProblem[] =>
  found.map((text) => invalid(field, value, text));

export const ingress: KindStrategy = {
  hasGeneration: true,
  default(object) {
    fill(child(object, 'status'), { loadBalancer: {} });
    for (const path of recordsOf(recordOf(object['spec'])['rules']).flatMap((r) => recordsOf(at(r, 'http')['paths']))) {
      if (path['path'] === '') delete path['path'];
    }
  },
  prepareForCreate(object, { list }) {
    object['status'] = { loadBalancer: {} };
    const spec = child(object, 'spec');
    if (!absent(spec['ingressClassName']) || at(object, 'metadata', 'annotations')[classAnnotation]) return;
    const chosen = list('networking.k8s.io', 'ingressclasses').find(
      (c) => c.metadata.annotations?.[defaultClass] === 'true',
    );
    if (chosen) spec['ingressClassName'] = chosen.metadata.name;
  },
  validate(object) {
    const spec = recordOf(object['spec']);
    const rules = recordsOf(spec['rules']);
    const problems: FieldProblem[] = [];
    if (rules.length === 0 && !isRecord(spec['defaultBackend'])) {
      problems.push(invalid('spec', spec['rules'], 'either `defaultBackend` or `rules` must be specified'));
    }
    if (isRecord(spec['defaultBackend'])) {
      problems.push(...backendProblems(spec['defaultBackend'], 'spec.defaultBackend'));
    }
    const name = spec['ingressClassName'];
    return [
      ...problems,
      ...rules.flatMap((rule, i) => ruleProblems(rule, `spec.rules[${i}]`)),
      ...recordsOf(spec['tls']).flatMap((tls, i) => tlsProblems(tls, `spec.tls[${i}]`)),
      ...(typeof name === 'string' ? texts(dnsSubdomain(name), 'spec.ingressClassName', name) : []),
    ];
  },
  validateCreate(object) {
    const annotation = object.metadata.annotations?.[classAnnotation];
    const name = recordOf(object['spec'])['ingressClassName'];
    if (annotation === undefined || absent(name) || name === annotation) return [];
    const text = 'must match `ingressClassName` when both are specified';
    return [invalid(`annotations.${classAnnotation}`, annotation, text)];
  },
  validateStatusUpdate(object) {
    const ingresses = recordsOf(at(object['status'], 'loadBalancer')['ingress']);
    return ingresses.flatMap(({ hostname }, i) =>
      typeof hostname === 'string' && hostname !== ''
        ? hostProblems(hostname, `status.loadBalancer.ingress[${i}].hostname`)
        : [],
    );
  },
  warnings: (object) =>
    object.metadata.annotations?.[classAnnotation] === undefined
      ? []
      : [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`],
};

function tlsProblems(tls: JsonRecord, field: string): FieldProblem[] {
  const hosts: unknown[] = Array.isArray(tls['hosts']) ? tls['hosts'] : [];
  const secret = stringOf(tls['secretName']);
  return [
    ...hosts.flatMap((host, i) => texts(hostNameTexts(stringOf(host)), `${field}.hosts[${i}]`, host)),
    ...(secret === '' ? [] : texts(dnsSubdomain(secret), `${field}.secretName`, secret)),
  ];
}

function ruleProblems(rule: JsonRecord, field: string): FieldProblem[] {
  const host = stringOf(rule['host']);
  const problems = host === '' ? [] : hostProblems(host, `${field}.host`);
  if (!isRecord(rule['http'])) return problems;
  const paths = recordsOf(rule['http']['paths']);
  if (paths.length === 0) problems.push(required(`${field}.http.paths`));
  return [...problems, ...paths.flatMap((path, i) => pathProblems(path, `${field}.http.paths[${i}]`))];
}

const sequences = ['//', '/./', '/../', '%2f', '%2F'];
const suffixes = ['/..', '/.'];

function pathProblems(path: JsonRecord, field: string): FieldProblem[] {
  const type = path['pathType'];
  if (absent(type)) return [required(`${field}.pathType`, 'pathType must be specified')];
  const problems: FieldProblem[] = [];
  const text = stringOf(path['path']);
  const isFree = type === 'ImplementationSpecific';
  if (!pathTypes.includes(stringOf(type))) problems.push(unsupported(`${field}.pathType`, type, pathTypes));
  else if ((!isFree || text !== '') && !text.startsWith('/')) {
    problems.push(invalid(`${field}.path`, text, 'must be an absolute path'));
  }
  if (type === 'Exact' || type === 'Prefix') {
    const inside = sequences.filter((part) => text.includes(part)).map((part) => `must not contain '${part}'`);
    const last = suffixes.filter((part) => text.endsWith(part)).map((part) => `cannot end with '${part}'`);
    problems.push(...texts([...inside, ...last], `${field}.path`, text));
  }
  return [...problems, ...backendProblems(recordOf(path['backend']), `${field}.backend`)];
}

function backendProblems(backend: JsonRecord, field: string): FieldProblem[] {
  const service = isRecord(backend['service']) ? backend['service'] : undefined;
  const resource = isRecord(backend['resource']) ? backend['resource'] : undefined;
  if (service && resource) return [invalid(field, '', 'cannot set both resource and service backends')];
  if (resource) return referenceProblems(resource, `${field}.resource`);
  if (!service) return [invalid(field, '', 'resource or service backend is required')];
  const name = stringOf(service['name']);
  const at = `${field}.service.name`;
  const problems = name === '' ? [required(at)] : texts(dnsLabel(name), at, name);
  return [...problems, ...backendPortProblems(recordOf(service['port']), field)];
}

function backendPortProblems({ name, number }: JsonRecord, field: string): FieldProblem[] {
  if (name && number) return [invalid(field, '', 'cannot set both port name & port number')];
  if (name) return texts(portName(stringOf(name)), `${field}.service.port.name`, name);
  if (number) return texts(portNumber(Number(number)), `${field}.service.port.number`, number);
  return [required(field, 'port name or number is required')];
}

/** A reference to an object by group, kind and name. */
function referenceProblems(reference: JsonRecord, field: string): FieldProblem[] {
  const group = reference['apiGroup'];
  return [
    ...(typeof group === 'string' ? texts(dnsSubdomain(group), `${field}.apiGroup`, group) : []),
    ...['kind', 'name'].flatMap((key) => {
      const value = stringOf(reference[key]);
      return value === '' ? [required(`${field}.${key}`)] : texts(pathSegment(value), `${field}.${key}`, value);
    }),
  ];
}

export const ingressClass: KindStrategy = {
  hasGeneration: true,
  default(object) {
    const { parameters } = recordOf(object['spec']);
    if (isRecord(parameters)) fill(parameters, { scope: 'Cluster' });
  },
  validate(object) {
    const { controller, parameters } = recordOf(object['spec']);
    return [
      ...domainPathProblems(stringOf(controller), 'spec.controller'),
      ...(isRecord(parameters) ? parametersProblems(parameters, 'spec.parameters') : []),
    ];
  },
  validateUpdate(object, old) {
    const { controller } = recordOf(object['spec']);
    const isSame = controller === recordOf(old['spec'])['controller'];
    return isSame ? [] : [invalid('spec.controller', controller, immutableText)];
  },
};

const scopes = ['Cluster', 'Namespace'];

function parametersProblems(parameters: JsonRecord, field: string): FieldProblem[] {
  const { scope, namespace } = parameters;
  const problems = referenceProblems(parameters, field);
  const at = `${field}.namespace`;
  if (absent(scope)) problems.push(required(`${field}.scope`));
  else if (!scopes.includes(stringOf(scope))) problems.push(unsupported(`${field}.scope`, scope, scopes));
  else if (scope === 'Cluster' && !absent(namespace))
    problems.push(forbidden(at, "`parameters.scope` is set to 'Cluster'"));
  else if (scope === 'Namespace' && absent(namespace))
    problems.push(required(at, "`parameters.scope` is set to 'Namespace'"));
  else if (scope === 'Namespace') problems.push(...texts(dnsLabel(stringOf(namespace)), at, namespace));
  return problems;
}
