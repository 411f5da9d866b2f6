import type { JsonObject } from '../../../../../machinery/src/meta.ts';
import { logConfigMark, logDataMark } from '../../../../workflow/logs.ts';
import { applyPatch } from './patch.ts';
import type { Performers } from './context.ts';
import { objectParam, returned } from './params.ts';

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Of what a step logs in one attempt; the end is kept. */
const maxLogChars = 16 * 1024;

/** Actions that only compute. */
export const utilActions: Performers = {
  'util.log': (params, { marks }) => {
    const { data, source } = params;
    const earlier = JSON.parse(marks[logConfigMark] ?? '{}') as JsonObject;
    const config = { ...earlier, ...(data !== undefined && { data: true }), ...(source !== undefined && { source }) };
    marks[logConfigMark] = JSON.stringify(config);
    if (data === undefined) return returned({});
    const text = typeof data === 'string' ? data : JSON.stringify(data);
    marks[logDataMark] = [marks[logDataMark], text]
      .filter((one) => one !== undefined)
      .join('\n')
      .slice(-maxLogChars);
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
