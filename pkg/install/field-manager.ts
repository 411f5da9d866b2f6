/** The field manager of everything that an installation writes. */
export const installManager = 'vela-install';
