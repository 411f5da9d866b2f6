import type { IncomingMessage } from 'node:http';
import type { Clock, Random } from '../../clock/clock.ts';
import type { Logger } from '../../logging/logger.ts';
import type { AdmissionPlugin } from '../admission/admission.ts';
import type { Authenticator, Authorizer, User } from '../auth/user.ts';
import { strategyFor } from '../kinds/registry.ts';
import { loadBuiltinSchemas } from '../schema/openapi.ts';
import type { BuiltinSchemas } from '../schema/openapi.ts';
import type { Store } from '../storage/store.ts';
import { registerBuiltins } from './builtin.ts';
import type { Core } from './core.ts';
import { Discovery } from './discovery.ts';
import { Handler } from './handler.ts';
import type { SpecialHandler } from './handler.ts';
import { answerPage } from './pages.ts';
import type { ApiRequest } from './request.ts';
import { ResourceTable } from './resource-table.ts';
import type { TableLayout } from './tables.ts';
import type { ServedResource } from './served-resource.ts';

export interface CoreOptions {
  readonly store: Store;
  /** The folder with the facts about Kubernetes. */
  readonly factsFolder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly newUid: () => string;
  readonly layoutFor: (resource: ServedResource) => TableLayout;
}

/** The heart of an API server with all built-in kinds; admission is filled in by the caller. */
export interface NewCore extends Core {
  readonly admission: AdmissionPlugin[];
  readonly schemas: BuiltinSchemas;
}

export function newCore(options: CoreOptions): NewCore {
  const { store, factsFolder, clock, random, newUid, layoutFor } = options;
  const resources = new ResourceTable();
  const schemas = loadBuiltinSchemas(factsFolder);
  registerBuiltins(resources, store, factsFolder, {
    strategyFor,
    schemaFor: (resource) => schemas.schemaFor(resource),
  });
  return { store, resources, schemas, admission: [], clock, random, newUid, layoutFor };
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

export function newHandler(core: Core, parts: HandlerParts): Handler {
  return new Handler({
    ...parts,
    core,
    discovery: new Discovery(core.resources),
    pages: (request) => answerPage(core, request, parts.isReady),
  });
}
