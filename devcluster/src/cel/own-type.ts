import type { Environment } from '@marcbachmann/cel-js';

type Handler = (...args: unknown[]) => unknown;

/** Registers a type; returns a function that registers a method: its signature, and what computes its result. */
export function registerOwnType<T>(environment: Environment, type: string, of: new (...args: never[]) => T) {
  environment.registerType(type, of);
  return (signature: string, compute: (of: T, ...args: never[]) => unknown): void => {
    environment.registerFunction(`${type}.${signature}`, compute as Handler);
  };
}

/** A name before the dot of functions such as `sets.contains`: a constant that carries nothing but its type. */
export function registerNamespace(environment: Environment, name: string) {
  class Namespace {
    readonly name = name;
  }
  const type = `kubernetes.functions.${name}`;
  environment.registerType(type, Namespace).registerConstant(name, type, new Namespace());
  return (signature: string, compute: (...args: never[]) => unknown): void => {
    environment.registerFunction(`${type}.${signature}`, (_: Namespace, ...args: unknown[]) =>
      (compute as Handler)(...args),
    );
  };
}
