/** The import paths of the builtin packages. */
export const PACKAGES = [
  'strings',
  'strconv',
  'list',
  'math',
  'regexp',
  'struct',
  'time',
  'net',
  'path',
  'encoding/json',
  'encoding/yaml',
  'encoding/base64',
  'encoding/hex',
  'crypto/sha256',
  'crypto/md5',
  'uuid',
];
