/**
 * The packages that templates of workflow steps import. CUE asks for a loader to have packages; here each becomes a
 * struct in the template's scope, whose definitions carry the name of their action in `$do`.
 */

/** Parameters of actions in CUE, by package and definition. */
const packages: Readonly<Record<string, Readonly<Record<string, readonly [action: string, params: string]>>>> = {
  kube: {
    Apply: ['kube.apply', 'cluster: *"" | string, value: {...}, ...'],
    ApplyInParallel: ['kube.apply-in-parallel', 'cluster: *"" | string, value: [...{...}], ...'],
    Patch: ['kube.patch', 'cluster: *"" | string, value: {...}, patch: {...}, ...'],
    Read: ['kube.read', 'cluster: *"" | string, value: {...}, ...'],
    List: [
      'kube.list',
      'cluster: *"" | string, resource: {apiVersion: string, kind: string, ...}, filter?: {...}, ...',
    ],
    Delete: ['kube.delete', 'cluster: *"" | string, value: {...}, filter?: {...}, ...'],
  },
  builtin: {
    ConditionalWait: ['builtin.wait', 'continue: *false | bool, message?: string, ...'],
    Suspend: ['builtin.suspend', 'duration?: string, message?: string, ...'],
    Break: ['builtin.break', 'message?: string, ...'],
    Fail: ['builtin.fail', 'message?: string, ...'],
    Message: ['builtin.message', 'message?: string, ...'],
  },
  http: {
    HTTPDo: ['http.do', 'method: *"GET" | "POST" | "PUT" | "DELETE", url: string, request?: {...}, ...'],
    HTTPGet: ['http.do', 'method: "GET", url: string, request?: {...}, ...'],
    HTTPPost: ['http.do', 'method: "POST", url: string, request?: {...}, ...'],
    HTTPPut: ['http.do', 'method: "PUT", url: string, request?: {...}, ...'],
    HTTPDelete: ['http.do', 'method: "DELETE", url: string, request?: {...}, ...'],
  },
  util: {
    ConvertString: ['util.string', 'bt: _, ...'],
    Log: ['util.log', '...'],
  },
  config: {
    CreateConfig: ['config.create', 'name: string, namespace: string, template?: string, config: {...}, ...'],
    ReadConfig: ['config.read', 'name: string, namespace: string, ...'],
    ListConfig: ['config.list', 'template: string, namespace: string, ...'],
    DeleteConfig: ['config.delete', 'name: string, namespace: string, ...'],
  },
  // Known, so that a template that may use them compiles; nobody performs them.
  email: { SendEmail: ['email.send', '...'] },
  metrics: { PromCheck: ['metrics.check', '...'] },
  oam: { ApplyComponent: ['oam.apply-component', '...'], RenderComponent: ['oam.render-component', '...'] },
  query: { CollectServiceEndpoints: ['query.endpoints', '...'], CollectPods: ['query.pods', '...'] },
  multicluster: { Deploy: ['multicluster.deploy', '...'], ListClusters: ['multicluster.clusters', '...'] },
};

/** Older templates import one package, whose definitions have parameters and results side by side. */
const legacy = Object.assign({}, ...Object.values(packages)) as (typeof packages)[string];

/** Whether templates may import a package although CUE itself has none of that name. */
export const isPackage = (specification: string): boolean => packageText(specification) !== undefined;

/** What is there beside actions. */
const extras: Readonly<Record<string, string>> = {
  builtin: '#Steps: {...}',
  op: '#Steps: {...}\n#GetPlacementsFromTopologyPolicies: {$do: "op.placements", $flat: true, policies: [...string], ...}',
};

/**
 * The struct that stands for an imported package, under the name by which the template knows it; undefined when it is
 * none of ours.
 */
export function packageText(specification: string): string | undefined {
  const [, alias, path = ''] = /^(?:(\S+) )?"vela\/(.*)"$/.exec(specification) ?? [];
  const isLegacy = path === 'op';
  const actions = isLegacy ? legacy : packages[path];
  if (!actions) return undefined;
  const definitions = Object.entries(actions).map(([name, [action, params]]) =>
    isLegacy
      ? `#${name}: {$do: "${action}", $flat: true, ${params}}`
      : `#${name}: {$do: "${action}", $params: {${params}}, $returns?: {...}, ...}`,
  );
  return `${alias ?? path}: {\n${[...definitions, extras[path] ?? ''].join('\n')}\n}`;
}
