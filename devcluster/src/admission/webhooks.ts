import type { KubeObject, Resource } from '../../../machinery/src/meta.ts';
import type { Logger } from '../../../machinery/src/logging/logger.ts';
import { deepEqual } from '../../../machinery/src/patch/equality.ts';
import { applyJsonPatch } from '../../../machinery/src/patch/json-patch.ts';
import type { Json } from '../../../machinery/src/meta.ts';
import { StatusError } from '../contract/status-error.ts';
import type { Authorizer } from '../contract/user.ts';
import { recordOf, recordsOf, textOf, type JsonRecord } from '../contract/json.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../contract/admission.ts';
import { conditionsHold, variablesOf } from './expressions.ts';
import { forbiddenBy, internalError } from './refusals.ts';
import { inVersion } from './request-view.ts';
import { isExempt, matchedResource, namespaceMatches, objectMatches } from './rules.ts';
import { WebhookCaller, type ResolveService } from './webhook-call.ts';
import { denial, reviewOf, verdictOf, type Verdict } from './webhook-review.ts';

export interface AdmissionSurroundings {
  /** Every stored object of a resource. */
  readonly list: (group: string, plural: string) => readonly KubeObject[];
  readonly namespace: (name: string) => KubeObject | undefined;
  /** The other versions in which a resource is served. */
  readonly equivalents: (resource: Resource) => readonly Resource[];
  readonly authorizer: Authorizer | undefined;
  /** The object as the server would read it: unknown fields dropped, defaults filled in. For what was patched. */
  readonly complete: (resource: Resource, object: KubeObject, subresource: string) => KubeObject;
}

export interface WebhookOptions extends AdmissionSurroundings {
  readonly resolveService: ResolveService;
  readonly newUid: () => string;
  readonly logger: Logger;
}

interface Call {
  readonly hook: JsonRecord;
  readonly name: string;
  readonly matched: Resource;
}

/**
 * Asks the webhooks that MutatingWebhookConfigurations and ValidatingWebhookConfigurations register: mutating ones in
 * the order of their configurations' names, each seeing what those before it left, validating ones all at once.
 */
export class Webhooks implements AdmissionPlugin {
  readonly #options: WebhookOptions;
  readonly #caller: WebhookCaller;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#caller = new WebhookCaller(options.resolveService);
  }

  async mutate(request: AdmissionRequest): Promise<KubeObject | undefined> {
    if (isExempt(request)) return request.object;
    let { object } = request;
    const asked: { hook: JsonRecord; saw: KubeObject | undefined }[] = [];
    for (const hook of this.#hooks('mutatingwebhookconfigurations')) {
      const current = { ...request, object };
      const call = this.#callFor(hook, current);
      if (!call) continue;
      object = await this.#mutateBy(call, current);
      asked.push({ hook, saw: object });
    }
    for (const { hook, saw } of asked) {
      if (hook['reinvocationPolicy'] !== 'IfNeeded' || deepEqual(saw, object)) continue;
      const current = { ...request, object };
      const call = this.#callFor(hook, current);
      if (call) object = await this.#mutateBy(call, current);
    }
    return object;
  }

  async validate(request: AdmissionRequest): Promise<void> {
    if (isExempt(request)) return;
    const calls = this.#hooks('validatingwebhookconfigurations').flatMap((hook) => this.#callFor(hook, request) ?? []);
    const outcomes = await Promise.allSettled(calls.map((call) => this.#ask(call, request)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** Closes the connections to webhooks. */
  close(): void {
    this.#caller.close();
  }

  #hooks(plural: string): JsonRecord[] {
    const nameOf = (configuration: KubeObject) => configuration.metadata.name ?? '';
    return [...this.#options.list('admissionregistration.k8s.io', plural)]
      .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
      .flatMap((configuration) => recordsOf(configuration['webhooks']));
  }

  /** How a webhook is to be asked about a request; undefined when it does not want to know. */
  #callFor(hook: JsonRecord, request: AdmissionRequest): Call | undefined {
    const { equivalents, namespace, authorizer } = this.#options;
    const rules = { include: recordsOf(hook['rules']), exclude: [], isEquivalent: hook['matchPolicy'] !== 'Exact' };
    const matched = matchedResource(rules, request, equivalents);
    if (!matched) return undefined;
    if (
      !namespaceMatches(hook['namespaceSelector'], request, namespace) ||
      !objectMatches(hook['objectSelector'], request)
    )
      return undefined;
    const name = textOf(hook['name']);
    const conditions = conditionsHold(hook['matchConditions'], () =>
      variablesOf({ request, matched, namespaceObject: undefined, authorizer }),
    );
    if (conditions.matches === 'error') {
      if (hook['failurePolicy'] === 'Ignore') return undefined;
      throw forbiddenBy(request, conditions.message);
    }
    return conditions.matches ? { hook, name, matched } : undefined;
  }

  async #mutateBy(call: Call, request: AdmissionRequest): Promise<KubeObject | undefined> {
    const verdict = await this.#ask(call, request);
    const { object, resource, subresource } = request;
    if (verdict?.patch === undefined || object === undefined) return object;
    try {
      const shown = inVersion(object, resource, call.matched) as unknown as Json;
      const patched = applyJsonPatch(shown, verdict.patch) as unknown as KubeObject;
      return this.#options.complete(resource, inVersion(patched, call.matched, resource) ?? patched, subresource);
    } catch (error) {
      if (error instanceof StatusError) throw error;
      throw internalError(error instanceof Error ? error.message : String(error));
    }
  }

  /** The verdict of a webhook; undefined when it cannot be had and that is to be ignored. Throws denials and failures. */
  async #ask({ hook, name, matched }: Call, request: AdmissionRequest): Promise<Verdict | undefined> {
    if (request.dryRun && hook['sideEffects'] !== 'None' && hook['sideEffects'] !== 'NoneOnDryRun') {
      const message = `admission webhook ${JSON.stringify(name)} does not support dry run`;
      throw new StatusError({ code: 400, reason: 'BadRequest', message });
    }
    const verdict = await this.#verdict(hook, name, { request, matched });
    if (!verdict) return undefined;
    for (const warning of verdict.warnings) request.warn(warning);
    if (!verdict.allowed) throw new StatusError(denial(name, verdict.result));
    return verdict;
  }

  async #verdict(
    hook: JsonRecord,
    name: string,
    { request, matched }: { request: AdmissionRequest; matched: Resource },
  ): Promise<Verdict | undefined> {
    const uid = this.#options.newUid();
    const body = JSON.stringify(reviewOf(hook, request, matched, uid));
    const timeout = Number(hook['timeoutSeconds'] ?? 10);
    try {
      return verdictOf(hook, await this.#caller.post(recordOf(hook['clientConfig']), timeout, body), uid);
    } catch (error) {
      const message = `failed calling webhook ${JSON.stringify(name)}: ${(error as Error).message}`;
      if (hook['failurePolicy'] !== 'Ignore') throw internalError(message);
      this.#options.logger.warn({ err: error, name }, 'webhook failed and is ignored');
      return undefined;
    }
  }
}
