import { AddonError } from './addon-error.ts';

/** Reads an object of JSON. Throws AddonError Registry that names the place where it is from. */
export function parseJson(text: Buffer | string, place: string): object {
  const problem = (cause?: unknown): AddonError =>
    new AddonError('Registry', [`${place}: not an object of JSON`], cause);
  let value: unknown;
  try {
    value = JSON.parse(text.toString());
  } catch (error) {
    throw problem(error);
  }
  if (typeof value !== 'object' || value === null) throw problem();
  return value;
}
