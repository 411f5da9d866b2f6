import type { ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { Clock, Random } from '../../../machinery/src/clock/clock.ts';
import type { Logger } from '../../../machinery/src/logging/logger.ts';
import { readBody } from '../apiserver/body.ts';
import { badRequest, methodNotAllowed } from '../contract/errors.ts';
import { forbiddenTo } from '../apiserver/request.ts';
import type { ApiRequest } from '../apiserver/request.ts';
import { respond } from '../apiserver/responses.ts';
import { StatusError } from '../contract/status-error.ts';
import { matches, parseRules } from './rules.ts';
import type { Effect, Rule } from './rules.ts';

/** Where the rules are read and written over HTTP, by members of system:masters. */
const chaosPath = '/flotilla/chaos';

export interface ChaosOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Ends every connection at once, as a restart does. */
  readonly closeConnections: () => void;
}

/** Faults that users ask for, to see how their controllers bear them. */
export class Chaos {
  readonly #options: ChaosOptions;
  #rules: readonly Rule[] = [];

  constructor(options: ChaosOptions) {
    this.#options = options;
  }

  /** Takes the rules of a text. Throws, and keeps the former ones, when it is not understood. */
  set(text: string): void {
    this.#rules = parseRules(text);
  }

  /** Takes the rules of a file, again whenever it changes, until the signal aborts. Rejects when it is bad at first. */
  async follow(file: string, signal: AbortSignal): Promise<void> {
    const text = await readFile(file, 'utf8');
    this.set(text);
    void this.#reload(file, text, signal);
  }

  async #reload(file: string, first: string, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#options;
    let known = first;
    for (;;) {
      try {
        await clock.sleep(200, signal);
        const text = await readFile(file, 'utf8');
        if (text === known) continue;
        known = text;
        this.set(text);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error, file }, 'chaos file not read; the former rules stay');
      }
    }
  }

  /** Called with every request; true when nothing else may answer it. */
  async intercept(request: ApiRequest): Promise<boolean> {
    if (request.pathname === chaosPath) {
      await this.#administer(request);
      return true;
    }
    if (this.#rules.length === 0) return false;
    const { verb, path, user, incoming } = request;
    const resource =
      path === undefined ? '' : path.subresource === '' ? path.plural : `${path.plural}/${path.subresource}`;
    const subject = { verb, resource, user: user.name, userAgent: incoming.headers['user-agent'] ?? '' };
    for (const rule of this.#rules) {
      if (!matches(rule, subject) || this.#options.random() >= rule.share) continue;
      if (await this.#strike(request, rule.effect)) return true;
    }
    return false;
  }

  async #strike(request: ApiRequest, effect: Effect): Promise<boolean> {
    const { clock, closeConnections } = this.#options;
    const { response, signal } = request;
    switch (effect.type) {
      case 'delay':
        await pause(clock, effect.ms, signal);
        return false;
      case 'refuse':
        throw refusal(effect);
      case 'timeoutAfterWrite':
        loseAnswer(response);
        return false;
      case 'dropWatch':
        void pause(clock, effect.afterMs, signal).then(() => response.destroy());
        return false;
      case 'lagWatch':
        lag(response, (then) => void pause(clock, effect.ms, signal).then(then));
        return false;
      case 'restart':
        closeConnections();
        return true;
    }
  }

  async #administer(request: ApiRequest): Promise<void> {
    const { incoming, response, method, user } = request;
    if (!user.groups.includes('system:masters')) {
      throw forbiddenTo({ user, verb: request.verb, path: chaosPath }, '');
    }
    if (method === 'PUT') {
      const text = (await readBody(incoming)).toString('utf8');
      try {
        this.set(text);
      } catch (error) {
        throw badRequest((error as Error).message);
      }
    } else if (method === 'DELETE') this.#rules = [];
    else if (method !== 'GET') throw methodNotAllowed();
    respond(incoming, response, { code: 200, json: JSON.stringify({ rules: this.#rules }) });
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function refusal({ code, retryAfterSeconds }: Effect & { type: 'refuse' }): StatusError {
  const reason = code === 429 ? 'TooManyRequests' : code === 500 ? 'InternalError' : 'ServiceUnavailable';
  const details = code === 500 ? {} : { details: { retryAfterSeconds } };
  return new StatusError({ code, reason, message: 'this fault was asked for', ...details });
}

/** The work is done, the connection breaks instead of an answer. */
function loseAnswer(response: ServerResponse): void {
  const breakOff = (): ServerResponse => {
    response.destroy();
    return response;
  };
  Object.assign(response, { writeHead: breakOff, write: () => false, end: breakOff });
}

/** Everything that is written arrives later, in the same order. */
function lag(response: ServerResponse, later: (then: () => void) => void): void {
  const write = response.write.bind(response) as (chunk: Buffer) => boolean;
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
  Object.assign(response, {
    write: (chunk: Buffer) => {
      later(() => {
        if (!response.writableEnded && !response.destroyed) write(chunk);
      });
      return true;
    },
    end: (...args: unknown[]) => {
      later(() => end(...args));
      return response;
    },
  });
}
