/**
 * The release of KubeVela that has the API, definitions and addons this release accepts. Requirements of addons on `vela` are
 * compared with it.
 */
export const compatibleKubeVela = '1.10.9';
