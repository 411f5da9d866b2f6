/** The name under which this system's fields are known to the API server. */
export const fieldManager = 'kubevela';
