import { formatTime, parseTime, UTC } from '../../../../../cue/src/index.ts';
import type { Performers } from './context.ts';
import { returned, textParam, wrongTemplate } from './params.ts';

const rfc3339 = '2006-01-02T15:04:05Z07:00';

/** Conversions between dates in a layout of Go and seconds since 1970. */
export const timeActions: Performers = {
  'time.timestamp': (params, _, { label }) => {
    const layout = textParam(params, 'layout') || rfc3339;
    const date = textParam(params, 'date');
    const instant = parseTime(layout, date);
    if (instant === undefined) return wrongTemplate(`${label}: date "${date}" does not have the layout "${layout}"`);
    return returned({ timestamp: Number(instant.seconds) });
  },
  'time.date': (params) => {
    const layout = textParam(params, 'layout') || rfc3339;
    const seconds = BigInt(Math.floor(Number(params['timestamp'] ?? 0)));
    return returned({ date: formatTime({ seconds, nanoseconds: 0, zone: UTC }, layout) });
  },
};
