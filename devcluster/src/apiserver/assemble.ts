import type { IncomingMessage } from 'node:http';
import type { Clock, Random } from '../../../machinery/src/clock/clock.ts';
import type { Logger } from '../../../machinery/src/logging/logger.ts';
import type { AdmissionPlugin } from '../contract/admission.ts';
import type { Authenticator, Authorizer, User } from '../contract/user.ts';
import { strategyFor } from '../kinds/registry.ts';
import { loadBuiltinSchemas } from '../schema/openapi.ts';
import type { BuiltinSchemas } from '../schema/openapi.ts';
import type { Store } from '../storage/store.ts';
import { registerBuiltins } from './builtin.ts';
import type { Core } from './core.ts';
import { Discovery } from './discovery.ts';
import { Handler } from './handler.ts';
import type { SpecialHandler } from './handler.ts';
import { CustomKinds } from './custom-kinds.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { OpenApiPages } from './openapi-pages.ts';
import { answerPage } from './pages.ts';
import { subresourceHandlers } from './subresources.ts';
import type { ApiRequest } from './request.ts';
import { ResourceTable } from './resource-table.ts';

export interface CoreOptions {
  readonly store: Store;
  /** The folder with the facts about Kubernetes. */
  readonly factsFolder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly newUid: () => string;
}

/** The heart of an API server with all built-in kinds; admission is filled in by the caller. */
export interface NewCore extends Core {
  readonly admission: AdmissionPlugin[];
  readonly schemas: BuiltinSchemas;
}

export function newCore(options: CoreOptions): NewCore {
  const { store, factsFolder, clock, random, newUid } = options;
  const resources = new ResourceTable();
  const schemas = loadBuiltinSchemas(factsFolder);
  registerBuiltins(resources, store, factsFolder, {
    strategyFor,
    schemaFor: (resource) => schemas.schemaFor(resource),
  });
  return { store, resources, schemas, admission: [namespaceLifecycle(store)], clock, random, newUid };
}

/** Serves custom kinds as their definitions come and go, until the signal aborts. */
export function serveCustomKinds(core: NewCore, logger: Logger, signal: AbortSignal): void {
  const metadata = core.schemas.component('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
  new CustomKinds(core, metadata, logger).follow(signal);
}

export interface HandlerParts {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly impersonate?: (incoming: IncomingMessage, user: User) => User;
  readonly specials: ReadonlyMap<string, SpecialHandler>;
  readonly isReady: () => boolean;
  readonly intercept?: (request: ApiRequest) => Promise<boolean>;
  readonly audit?: (request: ApiRequest) => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export function newHandler(core: NewCore, parts: HandlerParts): Handler {
  const openApi = new OpenApiPages(core);
  return new Handler({
    ...parts,
    specials: new Map([...subresourceHandlers(core), ...parts.specials]),
    core,
    discovery: new Discovery(core.resources),
    pages: (request) => openApi.answer(request) || answerPage(core, request, parts.isReady),
  });
}
