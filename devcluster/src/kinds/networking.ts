import {
  absent,
  at,
  child,
  copyJson,
  fill,
  isRecord,
  recordOf,
  recordsOf,
  stringOf,
  type JsonRecord,
} from '../contract/json.ts';
import { invalid, required, unsupported } from '../contract/problems.ts';
import { selectorProblems } from './label-selector.ts';
import type { FieldProblem, KindStrategy } from '../contract/strategy.ts';
import { dnsSubdomain, portName, portNumber } from './syntax.ts';

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
      ...types
        .map((type, i) => ({ type, field: `spec.policyTypes[${i}]` }))
        .filter(({ type }) => type !== 'Ingress' && type !== 'Egress')
        .map(({ type, field }) => unsupported(field, type, ['Egress', 'Ingress'])),
      ...recordsOf(spec['ingress']).flatMap((rule, i) => policyPorts(rule, `spec.ingress[${i}]`)),
      ...recordsOf(spec['egress']).flatMap((rule, i) => policyPorts(rule, `spec.egress[${i}]`)),
    ];
  },
};

function policyPorts(rule: JsonRecord, field: string): FieldProblem[] {
  return recordsOf(rule['ports']).flatMap((port, i) => {
    const { port: value } = port;
    const texts = typeof value === 'number' ? portNumber(value) : typeof value === 'string' ? portName(value) : [];
    return texts.map((text) => invalid(`${field}.ports[${i}].port`, value, text));
  });
}

const classAnnotation = 'kubernetes.io/ingress.class';
const defaultClass = 'ingressclass.kubernetes.io/is-default-class';
const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

export const ingress: KindStrategy = {
  hasGeneration: true,
  default: (object) => {
    fill(child(object, 'status'), { loadBalancer: {} });
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
      problems.push(invalid('spec', copyJson(spec), 'either `defaultBackend` or `rules` must be specified'));
    }
    if (isRecord(spec['defaultBackend'])) {
      problems.push(...backendProblems(spec['defaultBackend'], 'spec.defaultBackend'));
    }
    return [...problems, ...rules.flatMap((rule, i) => ruleProblems(rule, `spec.rules[${i}]`))];
  },
};

function ruleProblems(rule: JsonRecord, field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const host = stringOf(rule['host']);
  if (host !== '') {
    const name = host.startsWith('*.') ? host.slice(2) : host;
    problems.push(...dnsSubdomain(name).map((text) => invalid(`${field}.host`, host, text)));
  }
  if (!isRecord(rule['http'])) return problems;
  const paths = recordsOf(rule['http']['paths']);
  if (paths.length === 0) problems.push(required(`${field}.http.paths`));
  return [...problems, ...paths.flatMap((path, i) => pathProblems(path, `${field}.http.paths[${i}]`))];
}

function pathProblems(path: JsonRecord, field: string): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const type = path['pathType'];
  const text = stringOf(path['path']);
  if (absent(type)) problems.push(required(`${field}.pathType`, 'pathType must be specified'));
  else if (!pathTypes.includes(stringOf(type))) problems.push(unsupported(`${field}.pathType`, type, pathTypes));
  else if ((type !== 'ImplementationSpecific' || text !== '') && !text.startsWith('/')) {
    problems.push(invalid(`${field}.path`, text, 'must be an absolute path'));
  }
  return [...problems, ...backendProblems(recordOf(path['backend']), `${field}.backend`)];
}

function backendProblems(backend: JsonRecord, field: string): FieldProblem[] {
  const service = isRecord(backend['service']) ? backend['service'] : undefined;
  if (service && isRecord(backend['resource'])) {
    return [invalid(field, '', 'cannot set both resource and service backends')];
  }
  if (!service)
    return isRecord(backend['resource']) ? [] : [required(field, 'resource or service backend is required')];
  const problems: FieldProblem[] = [];
  if (stringOf(service['name']) === '') problems.push(required(`${field}.service.name`));
  const port = recordOf(service['port']);
  if (!port['name'] && !port['number']) problems.push(required(`${field}.service`, 'port name or number is required'));
  return problems;
}

export const ingressClass: KindStrategy = {
  hasGeneration: true,
  validate(object) {
    const controller = stringOf(recordOf(object['spec'])['controller']);
    return controller === '' ? [required('spec.controller')] : [];
  },
};
