import { readFile } from 'node:fs/promises';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { newClusters, newContexts, newUsers } from '@kubernetes/client-node/dist/config_types.js';
import type { Cluster, Context, User } from '@kubernetes/client-node/dist/config_types.js';
import { load } from 'js-yaml';
import { ConnectionError } from './connection-error.ts';

/** A user entry with the fields that client-node's model leaves out. */
export interface KubeconfigUser extends User {
  readonly tokenFile?: string | undefined;
  readonly impersonateGroups?: readonly string[] | undefined;
}

export interface Kubeconfig {
  readonly clusters: readonly Cluster[];
  readonly contexts: readonly Context[];
  readonly users: readonly KubeconfigUser[];
  readonly currentContext: string | undefined;
}

interface RawUser {
  readonly name?: string;
  readonly user?: {
    readonly tokenFile?: string;
    readonly 'token-file'?: string;
    readonly 'as-groups'?: readonly string[];
    readonly [field: string]: unknown;
  };
}
interface RawKubeconfig {
  readonly clusters?: unknown;
  readonly contexts?: unknown;
  readonly users?: readonly RawUser[];
  readonly 'current-context'?: string;
}

/**
 * Reads kubeconfig files and merges them as kubectl does: of entries with one name the first wins, and so does the
 * first current context. Files of a list that do not exist are passed over; undefined when none exists.
 */
export async function readKubeconfigs(files: readonly string[]): Promise<Kubeconfig | undefined> {
  const found = (await Promise.all(files.map(readKubeconfig))).filter((one) => one !== undefined);
  if (found.length === 0) return undefined;
  return {
    clusters: firstByName(found.flatMap((one) => one.clusters)),
    contexts: firstByName(found.flatMap((one) => one.contexts)),
    users: firstByName(found.flatMap((one) => one.users)),
    currentContext: found.map((one) => one.currentContext).find((name) => name !== undefined && name !== ''),
  };
}

/** The entries of a KUBECONFIG variable. */
export function splitPathList(value: string): string[] {
  return value.split(delimiter).filter((part) => part !== '');
}

async function readKubeconfig(file: string): Promise<Kubeconfig | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConnectionError('BadKubeconfig', `kubeconfig ${file}: cannot be read: ${textOf(error)}`, error);
  }
  try {
    return parse(text, dirname(file));
  } catch (error) {
    throw new ConnectionError('BadKubeconfig', `kubeconfig ${file}: ${textOf(error)}`, error);
  }
}

function parse(text: string, folder: string): Kubeconfig {
  const raw = text.trim() === '' ? undefined : (load(text) as RawKubeconfig | null | undefined);
  if (raw === null || raw === undefined) return { clusters: [], contexts: [], users: [], currentContext: undefined };
  if (typeof raw !== 'object' || Array.isArray(raw)) throw new Error('not a YAML mapping');
  const absolute = (path: string | undefined | null): string | undefined =>
    path ? (isAbsolute(path) ? path : join(folder, path)) : undefined;
  const rawUsers: readonly RawUser[] = raw.users ?? [];
  return {
    clusters: newClusters(raw.clusters).map((c) => withPaths(c, { caFile: absolute(c.caFile) })),
    contexts: newContexts(raw.contexts),
    users: newUsers(rawUsers.map(withoutTokenFile)).map((user, i) => ({
      ...withPaths(user, { certFile: absolute(user.certFile), keyFile: absolute(user.keyFile) }),
      tokenFile: absolute(rawUsers[i]?.user?.tokenFile ?? rawUsers[i]?.user?.['token-file']),
      impersonateGroups: rawUsers[i]?.user?.['as-groups'],
    })),
    currentContext: raw['current-context'],
  };
}

/** client-node reads a token file once, at load; ours is read again as it changes, so it must not see it. */
function withoutTokenFile(entry: RawUser): RawUser {
  return entry.user ? { ...entry, user: { ...entry.user, 'token-file': undefined as never } } : entry;
}

function withPaths<T extends object>(entry: T, paths: Readonly<Record<string, string | undefined>>): T {
  const present = Object.entries(paths).filter(([, value]) => value !== undefined);
  return { ...entry, ...Object.fromEntries(present) };
}

function firstByName<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  const byName = new Map<string, T>();
  for (const entry of entries) if (!byName.has(entry.name)) byName.set(entry.name, entry);
  return [...byName.values()];
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String((error as { message?: unknown }).message ?? error);
}
