// Labels. A regular field has its name; a definition or hidden field has NUL before the name, so that "#a" and #a differ.

const MARK = '\u0000';

/** The label of a field that was written as a string or computed. */
export function regularLabel(name: string): string {
  return name.charCodeAt(0) === 0 ? `${MARK}"${name}` : name;
}

/** The label of a field that was written as an identifier. */
export function identifierLabel(name: string): string {
  const c = name.charCodeAt(0);
  return (c === 35 || c === 95) && name !== '_' ? MARK + name : name;
}

export const isRegular = (label: string): boolean => label.charCodeAt(0) !== 0 || label.charCodeAt(1) === 34;

export function isHidden(label: string): boolean {
  return label.charCodeAt(0) === 0 && label.charCodeAt(1) === 95;
}

export function isDefinition(label: string): boolean {
  if (label.charCodeAt(0) !== 0) return false;
  return label.charCodeAt(1) === 35 || (label.charCodeAt(1) === 95 && label.charCodeAt(2) === 35);
}

/** The name without marks. */
export function labelText(label: string): string {
  if (label.charCodeAt(0) !== 0) return label;
  return label.charCodeAt(1) === 34 ? label.slice(2) : label.slice(1);
}

function isIdentifier(name: string): boolean {
  if (name === '') return false;
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    const letter = (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 36 || c >= 0x80 || (c === 95 && i > 0);
    if (!letter && !(i > 0 && c >= 48 && c <= 57)) return false;
  }
  return true;
}

/** The label as CUE prints it in a path: quoted where it is no identifier. */
export function printLabel(label: string): string {
  if (!isRegular(label)) return labelText(label);
  const text = labelText(label);
  return isIdentifier(text) ? text : JSON.stringify(text);
}
