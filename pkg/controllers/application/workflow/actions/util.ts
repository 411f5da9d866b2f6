import { applyPatch } from './patch.ts';
import type { Performers } from './context.ts';
import { objectParam, returned } from './params.ts';

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Actions that only compute. */
export const utilActions: Performers = {
  'util.log': (params, { marks, step }) => {
    const { source } = params;
    if (source !== undefined) marks['logConfig'] = JSON.stringify({ [step.name]: source });
    return returned({});
  },
  // bytes come as base64, as in all JSON of CUE
  'util.string': ({ bt = '' }) => {
    if (typeof bt !== 'string') return returned({ str: JSON.stringify(bt) });
    return returned({ str: base64.test(bt) ? Buffer.from(bt, 'base64').toString('utf8') : bt });
  },
  'util.patch': (params) =>
    returned({ result: applyPatch(objectParam(params, 'value'), objectParam(params, 'patch')) }),
};
