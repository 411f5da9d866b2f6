import type { Environment } from '@marcbachmann/cel-js';
import type { Attributes, Authorizer, Decision } from '../contract/user.ts';

/** `authorizer` in expressions: a question to the authorizer that grows with each call, until `check` asks it. */
export class AuthorizerCheck {
  readonly #authorizer: Authorizer | undefined;
  readonly #attributes: Attributes;

  constructor(authorizer: Authorizer | undefined, attributes: Attributes) {
    this.#authorizer = authorizer;
    this.#attributes = attributes;
  }

  with(more: Partial<Attributes>): AuthorizerCheck {
    return new AuthorizerCheck(this.#authorizer, { ...this.#attributes, ...more });
  }

  check(verb: string): AuthorizerDecision {
    const denied: Decision = { allowed: false, reason: 'no authorizer' };
    return new AuthorizerDecision(this.#authorizer?.authorize({ ...this.#attributes, verb }) ?? denied);
  }
}

class AuthorizerDecision {
  readonly decision: Decision;

  constructor(decision: Decision) {
    this.decision = decision;
  }
}

/** Declares `authorizer` and its functions. */
export function registerAuthorizer(environment: Environment): void {
  const [type, decision] = ['kubernetes.authorization.Authorizer', 'kubernetes.authorization.Decision'];
  environment.registerType(type, AuthorizerCheck).registerType(decision, AuthorizerDecision);
  for (const part of ['group', 'resource', 'subresource', 'namespace', 'name', 'path'] as const) {
    environment.registerFunction(`${type}.${part}(string): ${type}`, (of: AuthorizerCheck, value: string) =>
      of.with({ [part]: value }),
    );
  }
  environment
    .registerFunction(
      `${type}.serviceAccount(string, string): ${type}`,
      (of: AuthorizerCheck, namespace: string, name: string) =>
        of.with({
          user: {
            name: `system:serviceaccount:${namespace}:${name}`,
            groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
          },
        }),
    )
    .registerFunction(`${type}.check(string): ${decision}`, (of: AuthorizerCheck, verb: string) => of.check(verb))
    .registerFunction(`${decision}.allowed(): bool`, (of: AuthorizerDecision) => of.decision.allowed)
    .registerFunction(`${decision}.reason(): string`, (of: AuthorizerDecision) => of.decision.reason)
    .registerFunction(`${decision}.errored(): bool`, () => false)
    .registerFunction(`${decision}.error(): string`, () => '')
    .registerVariable('authorizer', type);
}
