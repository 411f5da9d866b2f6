import type { KubeObject } from '../../../../machinery/src/meta.ts';
import { recordOf, recordsOf, stringOf, textOf, type JsonRecord } from '../../contract/json.ts';
import { ageOf, columns, labelsText, nameOf, none, type Printer } from './printer.ts';
import { selectorText } from './selector-text.ts';

export const service: Printer = {
  columns: columns('Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age', 'Selector+'),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const addresses: unknown[] = Array.isArray(spec['clusterIPs']) ? spec['clusterIPs'] : [];
    return [
      nameOf(object),
      stringOf(spec['type']),
      stringOf(addresses[0]) || stringOf(spec['clusterIP']) || none,
      externalAddress(object),
      portsText(recordsOf(spec['ports'])),
      ageOf(object, now),
      labelsText(recordOf(spec['selector'])),
    ];
  },
};

function externalAddress(object: KubeObject): string {
  const spec = recordOf(object['spec']);
  const given = Array.isArray(spec['externalIPs']) ? spec['externalIPs'].map(String) : [];
  switch (spec['type']) {
    case 'ExternalName':
      return stringOf(spec['externalName']);
    case 'LoadBalancer': {
      const all = [...balancerAddresses(object), ...given];
      return all.length === 0 ? '<pending>' : all.join(',');
    }
    default:
      return given.length === 0 ? none : given.join(',');
  }
}

function balancerAddresses(object: KubeObject): string[] {
  const balancer = recordOf(recordOf(object['status'])['loadBalancer']);
  return recordsOf(balancer['ingress']).map((i) => stringOf(i['ip']) || stringOf(i['hostname']));
}

function portsText(ports: readonly JsonRecord[]): string {
  const texts = ports.map((port) => {
    const node = Number(port['nodePort'] ?? 0);
    const number = node > 0 ? `${String(port['port'])}:${node}` : String(port['port']);
    return `${number}/${stringOf(port['protocol'])}`;
  });
  return texts.length === 0 ? none : texts.join(',');
}

const shownEndpoints = 3;

function shortened(texts: readonly string[], unit: string): string {
  if (texts.length === 0) return none;
  const more = texts.length > shownEndpoints ? ` + ${texts.length - shownEndpoints} more${unit}` : '';
  return texts.slice(0, shownEndpoints).join(',') + more;
}

export const endpoints: Printer = {
  columns: columns('Name', 'Endpoints', 'Age'),
  cells(object, now) {
    const texts = recordsOf(object['subsets']).flatMap((subset) => {
      const ports = recordsOf(subset['ports']);
      return recordsOf(subset['addresses']).flatMap((address) => {
        const ip = stringOf(address['ip']);
        return ports.length === 0 ? [ip] : ports.map((port) => `${ip}:${String(port['port'])}`);
      });
    });
    return [nameOf(object), shortened(texts, '...'), ageOf(object, now)];
  },
};

export const endpointSlice: Printer = {
  columns: columns('Name', 'AddressType', 'Ports', 'Endpoints', 'Age'),
  cells(object, now) {
    const addresses = recordsOf(object['endpoints']).flatMap((e) =>
      Array.isArray(e['addresses']) ? e['addresses'].map(String) : [],
    );
    const ports = recordsOf(object['ports']).map((p) => textOf(p['port'], '*'));
    return [
      nameOf(object),
      stringOf(object['addressType']),
      ports.length === 0 ? '<unset>' : shortened(ports, '...'),
      addresses.length === 0 ? '<unset>' : shortened(addresses, '...'),
      ageOf(object, now),
    ];
  },
};

export const ingress: Printer = {
  columns: columns('Name', 'Class', 'Hosts', 'Address', 'Ports', 'Age'),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const hosts = recordsOf(spec['rules'])
      .map((rule) => stringOf(rule['host']))
      .filter((host) => host !== '');
    return [
      nameOf(object),
      stringOf(spec['ingressClassName']) || none,
      hosts.length === 0 ? '*' : shortened(hosts, '...'),
      balancerAddresses(object).join(','),
      recordsOf(spec['tls']).length > 0 ? '80, 443' : '80',
      ageOf(object, now),
    ];
  },
};

export const ingressClass: Printer = {
  columns: columns('Name', 'Controller', 'Parameters', 'Age'),
  cells(object, now) {
    const spec = recordOf(object['spec']);
    const given = recordOf(spec['parameters']);
    const group = stringOf(given['apiGroup']);
    const kind = stringOf(given['kind']) + (group === '' ? '' : `.${group}`);
    const parameters = spec['parameters'] === undefined ? none : `${kind}/${stringOf(given['name'])}`;
    return [nameOf(object), stringOf(spec['controller']), parameters, ageOf(object, now)];
  },
};

export const networkPolicy: Printer = {
  columns: columns('Name', 'Pod-Selector', 'Age'),
  cells: (object, now) => [nameOf(object), selectorText(recordOf(object['spec'])['podSelector']), ageOf(object, now)],
};
