export { Decimal } from './number/decimal.ts';
export { builtinPackage } from './builtin/registry.ts';
export { BuiltinError, type BuiltinFunction, type BuiltinPackage, type Data } from './builtin/api.ts';
