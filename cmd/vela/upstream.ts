import { CliError, exitCodes } from './io.ts';

/** Commands of KubeVela's CLI that this one does not have, and what takes their place. */
const replacements: Readonly<Record<string, string>> = {
  adopt: 'use ref-objects or a take-over policy in an Application',
  auth: 'use kubectl create rolebinding and kubectl create token',
  cluster: 'other clusters are not supported yet: Applications are delivered to the cluster of the controllers',
  component: 'use vela def list -t component',
  'config-template': 'use kubectl get configmaps -n vela-system -l config.oam.dev/catalog=velacore-config',
  cuex: 'use vela def vet',
  debug: 'use vela status',
  env: 'use namespaces: -n, or kubectl config set-context --current --namespace=NAME',
  exec: 'use kubectl exec; vela status NAME --pod shows the pods',
  'port-forward': 'use kubectl port-forward; vela status NAME --pod and --endpoint show where',
  init: 'start from docs/examples and use vela up -f FILE',
  kube: 'use kubectl',
  policy: 'use vela def list -t policy',
  provider: 'use vela addon enable with a terraform addon',
  registry: 'use vela addon registry',
  trait: 'use vela def list -t trait',
  uischema: 'use kubectl get configmaps -n vela-system',
};

/** The failure of a command line that begins with a command of KubeVela's CLI that is absent here. */
export function absentCommand([name = '']: readonly string[]): CliError | undefined {
  const hint = Object.hasOwn(replacements, name) ? replacements[name] : undefined;
  return hint === undefined
    ? undefined
    : new CliError(`command "${name}" of KubeVela's CLI does not exist here`, { exitCode: exitCodes.usage, hint });
}
