import { load } from 'js-yaml';

/** What a rule does to a request that it matches. */
export type Effect =
  | { readonly type: 'delay'; readonly ms: number }
  | { readonly type: 'refuse'; readonly code: 429 | 500 | 503; readonly retryAfterSeconds: number }
  | { readonly type: 'timeoutAfterWrite' }
  | { readonly type: 'dropWatch'; readonly afterMs: number }
  | { readonly type: 'lagWatch'; readonly ms: number }
  | { readonly type: 'restart' };

/** One fault: its targets, frequency and effect. */
export interface Rule {
  readonly verbs: readonly string[] | undefined;
  readonly resources: readonly string[] | undefined;
  readonly user: string | undefined;
  readonly userAgent: string | undefined;
  /** Of the matching requests, from 0 to 1. */
  readonly share: number;
  readonly effect: Effect;
}

/** The properties that a rule matches. */
export interface Subject {
  readonly verb: string;
  readonly resource: string;
  readonly user: string;
  readonly userAgent: string;
}

const ruleFields = new Set([
  'verbs',
  'resources',
  'user',
  'userAgent',
  'share',
  'effect',
  'ms',
  'code',
  'retryAfterSeconds',
]);

/** Reads `rules: [...]` from YAML or JSON. Throws with the place and the remedy. */
export function parseRules(text: string): readonly Rule[] {
  const document: unknown = text.trim() === '' ? {} : load(text);
  const rules = isObject(document) ? (document['rules'] ?? []) : undefined;
  if (!Array.isArray(rules)) throw new Error('chaos: write a document with a list "rules"');
  return rules.map((rule, i) => parseRule(rule, `chaos: rules[${i}]`));
}

function parseRule(rule: unknown, at: string): Rule {
  if (!isObject(rule)) throw new Error(`${at}: must be an object`);
  for (const field of Object.keys(rule)) {
    if (!ruleFields.has(field)) throw new Error(`${at}.${field}: unknown; use ${[...ruleFields].join(', ')}`);
  }
  const share = rule['share'] ?? 1;
  if (typeof share !== 'number' || !(share >= 0 && share <= 1)) throw new Error(`${at}.share: must be from 0 to 1`);
  return {
    verbs: names(rule['verbs'], `${at}.verbs`),
    resources: names(rule['resources'], `${at}.resources`),
    user: name(rule['user'], `${at}.user`),
    userAgent: name(rule['userAgent'], `${at}.userAgent`),
    share,
    effect: parseEffect(rule, at),
  };
}

function parseEffect(rule: Readonly<Record<string, unknown>>, at: string): Effect {
  const { effect } = rule;
  switch (effect) {
    case 'delay':
    case 'lagWatch':
      return { type: effect, ms: amount(rule['ms'] ?? 1000, `${at}.ms`) };
    case 'dropWatch':
      return { type: effect, afterMs: amount(rule['ms'] ?? 0, `${at}.ms`) };
    case 'refuse': {
      const code = rule['code'] ?? 500;
      if (code !== 429 && code !== 500 && code !== 503) throw new Error(`${at}.code: must be 429, 500 or 503`);
      return {
        type: effect,
        code,
        retryAfterSeconds: amount(rule['retryAfterSeconds'] ?? 1, `${at}.retryAfterSeconds`),
      };
    }
    case 'timeoutAfterWrite':
    case 'restart':
      return { type: effect };
    default:
      throw new Error(`${at}.effect: must be delay, refuse, timeoutAfterWrite, dropWatch, lagWatch or restart`);
  }
}

function amount(value: unknown, at: string): number {
  if (typeof value !== 'number' || !(value >= 0 && value <= 3_600_000)) {
    throw new Error(`${at}: must be a number from 0 to 3600000`);
  }
  return value;
}

function name(value: unknown, at: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new Error(`${at}: must be a text`);
}

function names(value: unknown, at: string): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new Error(`${at}: must be a list of texts`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const anyOf = (names: readonly string[] | undefined, value: string): boolean =>
  names === undefined || names.includes('*') || names.includes(value);

/** Whether a rule is about the request; its share not counted. */
export function matches(rule: Rule, subject: Subject): boolean {
  const isWatchEffect = rule.effect.type === 'dropWatch' || rule.effect.type === 'lagWatch';
  if (isWatchEffect && subject.verb !== 'watch') return false;
  if (rule.effect.type === 'timeoutAfterWrite' && !writes.has(subject.verb)) return false;
  return (
    anyOf(rule.verbs, subject.verb) &&
    anyOf(rule.resources, subject.resource) &&
    (rule.user === undefined || rule.user === subject.user) &&
    (rule.userAgent === undefined || subject.userAgent.includes(rule.userAgent))
  );
}

const writes = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
