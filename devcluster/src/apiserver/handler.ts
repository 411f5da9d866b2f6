import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../../../machinery/src/logging/logger.ts';
import { anonymous } from '../contract/user.ts';
import type { Authenticator, Authorizer, User } from '../contract/user.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { Core } from './core.ts';
import type { Discovery } from './discovery.ts';
import { acceptsAggregated } from './negotiation.ts';
import { internalError, methodNotAllowed, unknownResource } from '../contract/errors.ts';
import { parseResourcePath } from './request-path.ts';
import { attributesOf, forbiddenTo, verbOf } from './request.ts';
import type { ApiRequest, ResourceRequest } from './request.ts';
import { answerCollection, answerGet } from './read.ts';
import { respond, respondStatus, respondText, warningHeader } from './responses.ts';
import { StatusError } from '../contract/status-error.ts';
import { answerCreate, answerDelete, answerDeleteCollection, answerPatch, answerUpdate } from './write.ts';

/** Answers requests to a resource or subresource that is not plain storage, such as reviews, scales and logs. */
export type SpecialHandler = (request: ResourceRequest) => Promise<void>;

export interface HandlerOptions {
  readonly core: Core;
  readonly discovery: Discovery;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  /** The user to act as, from the headers of a request. Throws Forbidden. */
  readonly impersonate?: ((incoming: IncomingMessage, user: User) => User) | undefined;
  /** By `group/plural`, `group/plural/subresource` or `any/subresource`. */
  readonly specials: ReadonlyMap<string, SpecialHandler>;
  /** Documents at paths that are about no resource, by their path. */
  readonly pages: (request: ApiRequest) => boolean;
  /** Called first with every request; true when it has been answered. The place for faults and delays. */
  readonly intercept?: ((request: ApiRequest) => Promise<boolean>) | undefined;
  /** Called with every request once it has an answer. */
  readonly audit?: ((request: ApiRequest) => void) | undefined;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Everything between an HTTP request and its answer. */
export class Handler {
  readonly #options: HandlerOptions;

  constructor(options: HandlerOptions) {
    this.#options = options;
  }

  /** Answers a request, come what may. */
  async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(incoming, response);
    } catch (error) {
      this.#fail(incoming, response, error);
    }
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authenticator, authorizer, impersonate, intercept, audit, signal } = this.#options;
    const method = incoming.method ?? 'GET';
    const url = incoming.url ?? '/';
    const mark = url.indexOf('?');
    const pathname = mark < 0 ? url : url.slice(0, mark);
    const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
    const path = parseResourcePath(pathname);
    const found = await authenticator.authenticate(incoming);
    if (found === 'invalid') throw new StatusError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
    const self = found ?? anonymous;
    const user = impersonate?.(incoming, self) ?? self;
    const verb = verbOf(method, path, query);
    const require = (wanted: string): void => {
      const attributes = attributesOf({ user, verb: wanted, path, pathname });
      const { allowed, reason } = authorizer.authorize(attributes);
      if (!allowed) throw forbiddenTo(attributes, reason);
    };
    const request: ApiRequest = {
      incoming,
      response,
      method,
      pathname,
      query,
      path,
      verb,
      user,
      require,
      warnings: [],
      writes: [],
      signal,
    };
    if (audit !== undefined)
      response.once('close', () => {
        audit(request);
      });
    if ((await intercept?.(request)) === true) return;
    require(verb);
    hookWarnings(request);
    if (path === undefined) this.#answerPage(request);
    else await this.#answerResource(request, path);
  }

  #answerPage(request: ApiRequest): void {
    const { discovery, pages } = this.#options;
    const { incoming, response, pathname, method } = request;
    if (pages(request)) return;
    const path = pathname.length > 1 && pathname.endsWith('/') ? pathname.slice(0, -1) : pathname;
    const found = discovery.document(path, acceptsAggregated(incoming.headers.accept));
    if (found === undefined) {
      if (this.#isApiPath(path)) throw unknownResource();
      respondText(response, 404, '404 page not found\n');
      return;
    }
    if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed();
    respond(incoming, response, { code: 200, json: JSON.stringify(found.body), contentType: found.contentType });
  }

  /** Paths below a served group get a Status, other unknown ones a text. */
  #isApiPath(path: string): boolean {
    const [, root, group = ''] = path.split('/');
    return root === 'api' || (root === 'apis' && group !== '' && isServedGroup(this.#options.core, group));
  }

  async #answerResource(request: ApiRequest, path: NonNullable<ApiRequest['path']>): Promise<void> {
    const { core, specials } = this.#options;
    const { group, version, plural, namespace, subresource } = path;
    const resource = core.resources.find(group, version, plural);
    if (resource === undefined) {
      if (isServedGroup(core, group) && !isCustomGroup(core, group, version)) throw unknownResource();
      respondText(request.response, 404, '404 page not found\n');
      return;
    }
    if (resource.custom?.warning !== undefined) request.warnings.push(resource.custom.warning);
    if (namespace !== undefined && !resource.namespaced) throw unknownResource();
    if (request.method === 'HEAD') throw methodNotAllowed();
    const { deprecation } = resource.strategy;
    if (deprecation !== undefined) request.warnings.push(deprecation);
    const asked: ResourceRequest = { ...request, path, resource };
    const id = `${group}/${plural}`;
    const special =
      subresource === ''
        ? specials.get(id)
        : (specials.get(`${id}/${subresource}`) ?? specials.get(`any/${subresource}`));
    if (subresource !== '') {
      const offered = resource.subresources.get(subresource);
      if (offered === undefined) return this.#noSubresource(asked);
      if (!offered.verbs.includes(request.verb)) throw methodNotAllowed();
    }
    if (special === undefined) return plain(core, asked);
    if (subresource === '' && !resource.verbs.includes(request.verb))
      throw resource.namespaced && namespace === undefined ? unknownResource() : methodNotAllowed();
    return special(asked);
  }

  /** A custom kind without the subresource answers as if the object did not exist. */
  #noSubresource({ resource, path }: ResourceRequest): never {
    if (resource.custom === undefined || (path.subresource !== 'status' && path.subresource !== 'scale')) {
      throw unknownResource();
    }
    const what = resource.group === '' ? resource.plural : `${resource.plural}.${resource.group}`;
    throw new StatusError({
      code: 404,
      reason: 'NotFound',
      message: `${what} "${path.name ?? ''}" not found`,
      details: { name: path.name ?? '', group: resource.group, kind: resource.plural },
    });
  }

  #fail(incoming: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (error instanceof StatusError) {
      respondStatus(incoming, response, error.status);
      return;
    }
    // A request with a fully read body counts as destroyed; only the response shows whether the client still waits.
    if (response.destroyed || response.writableEnded) return;
    this.#options.logger.error({ err: error, path: incoming.url, verb: incoming.method }, 'request failed');
    const text = error instanceof StorageError ? error.message : 'the request failed; the log of the cluster says why';
    respondStatus(incoming, response, internalError(text).status);
  }
}

/** Puts warnings into the head of the answer when it is written. */
function hookWarnings({ response, warnings }: ApiRequest): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  Object.assign(response, {
    writeHead: (...args: unknown[]) => {
      if (warnings.length > 0) response.setHeader('warning', warnings.map(warningHeader));
      return writeHead(...args);
    },
  });
}

/** Throws what a request to a collection gets that belongs to an object, and the other way round. */
function checkPath({ verb, path, resource, method }: ResourceRequest): void {
  const isPost = method === 'POST';
  if (isPost && (path.name !== undefined || (resource.namespaced && path.namespace === undefined)))
    throw methodNotAllowed();
  if ((method === 'PUT' || method === 'PATCH') && path.name === undefined) throw methodNotAllowed();
  if (verb === 'deletecollection' && resource.namespaced && path.namespace === undefined) throw methodNotAllowed();
  if (path.subresource === '' && !resource.verbs.includes(verb)) throw methodNotAllowed();
  if (resource.namespaced && path.name !== undefined && path.namespace === undefined) throw unknownResource();
}

/** Plain storage: get, list, watch, create, update, patch, delete. */
async function plain(core: Core, request: ResourceRequest): Promise<void> {
  checkPath(request);
  switch (request.verb) {
    case 'get':
      return answerGet(core, request);
    case 'list':
    case 'watch':
      return answerCollection(core, request);
    case 'create':
      return answerCreate(core, request);
    case 'update':
      return answerUpdate(core, request);
    case 'patch':
      return answerPatch(core, request);
    case 'delete':
      return answerDelete(core, request);
    case 'deletecollection':
      return answerDeleteCollection(core, request);
    default:
      throw methodNotAllowed();
  }
}

function isServedGroup({ resources }: Core, group: string): boolean {
  return [...resources.all()].some((resource) => resource.group === group);
}

/** Whether definitions make up a group in other versions than this: then the path itself is unknown. */
function isCustomGroup({ resources }: Core, group: string, version: string): boolean {
  const own = [...resources.all()].filter((resource) => resource.group === group);
  return own.some(({ custom }) => custom !== undefined) && own.every((resource) => resource.version !== version);
}
