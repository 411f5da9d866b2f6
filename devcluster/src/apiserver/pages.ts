import { methodNotAllowed } from '../contract/errors.ts';
import type { Core } from './core.ts';
import type { ApiRequest } from './request.ts';
import { respond, respondText } from './responses.ts';

const checks = ['ping', 'storage', 'poststarthook/bootstrap', 'informer-sync'];

/** Answers /version and the health endpoints; false for any other path. */
export function answerPage(core: Core, request: ApiRequest, isReady: () => boolean): boolean {
  const { pathname, incoming, response, query } = request;
  if (pathname === '/version' || pathname === '/version/') {
    if (request.method !== 'GET') throw methodNotAllowed();
    respond(incoming, response, { code: 200, json: JSON.stringify(versionInfo), isPretty: true });
    return true;
  }
  const match = /^\/(healthz|livez|readyz)(?:\/(.+))?$/.exec(pathname);
  if (match === null) return false;
  const [, endpoint = '', check] = match;
  if (check !== undefined && !checks.includes(check)) return false;
  const isWell = core.store.failure === undefined && (endpoint !== 'readyz' || isReady());
  if (!isWell) respondText(response, 500, `[-]${check ?? 'storage'} failed\n${endpoint} check failed\n`);
  else if (query.has('verbose') && check === undefined) {
    respondText(response, 200, `${checks.map((name) => `[+]${name} ok\n`).join('')}${endpoint} check passed\n`);
  } else respondText(response, 200, 'ok');
  return true;
}

const versionInfo = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  // The API is that of 1.36, of no particular build; like the recorded server, this is no full semantic version.
  gitVersion: 'v1.36',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};
