/** `Always` for the tag `latest`, named or meant. */
export function pullPolicy(image: string): 'Always' | 'IfNotPresent' {
  const last = image.slice(image.lastIndexOf('/') + 1);
  const [name = '', digest] = last.split('@');
  const colon = name.indexOf(':');
  if (colon >= 0) return name.slice(colon + 1) === 'latest' ? 'Always' : 'IfNotPresent';
  return digest === undefined ? 'Always' : 'IfNotPresent';
}
