/** The fields of a cron line: their ranges, and the names that two of them know. */
const fields = [
  { name: 'minute', from: 0, to: 59, names: [] },
  { name: 'hour', from: 0, to: 23, names: [] },
  { name: 'day of month', from: 1, to: 31, names: [] },
  {
    name: 'month',
    from: 1,
    to: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { name: 'day of week', from: 0, to: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
] as const;

const macros = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/** What is wrong with a schedule as a CronJob has it; empty when it is right. */
export function cronProblems(schedule: string): string[] {
  if (schedule.includes('TZ')) return ['cannot use TZ or CRON_TZ in schedule, use timeZone field instead'];
  if (schedule.startsWith('@')) {
    if (macros.includes(schedule) || /^@every (\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(schedule)) return [];
    return [`unrecognized descriptor: ${schedule}`];
  }
  const parts = schedule.split(/\s+/).filter((part) => part !== '');
  if (parts.length !== fields.length) {
    return [`expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`];
  }
  const problem = fields.map((field, i) => partProblem(parts[i] ?? '', field)).find((text) => text !== undefined);
  return problem === undefined ? [] : [problem];
}

type Field = (typeof fields)[number];

function partProblem(part: string, field: Field): string | undefined {
  for (const range of part.split(',')) {
    const problem = rangeProblem(range, field);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function rangeProblem(range: string, field: Field): string | undefined {
  const [bounds = '', step, more] = range.split('/');
  if (more !== undefined) return `too many slashes: ${range}`;
  if (step !== undefined && !/^[1-9]\d*$/.test(step)) {
    return step === '0' ? `step of range should be a positive number: ${range}` : `failed to parse int from ${step}`;
  }
  return bounds === '*' || bounds === '?' ? undefined : boundsProblem(range, bounds, field);
}

function boundsProblem(range: string, bounds: string, field: Field): string | undefined {
  const ends = bounds.split('-');
  if (ends.length > 2) return `too many hyphens: ${range}`;
  const numbers = ends.map((end) => numberOf(end, field));
  const bad = ends.find((_, i) => numbers[i] === undefined);
  if (bad !== undefined) return `failed to parse int from ${bad}: strconv.Atoi: parsing "${bad}": invalid syntax`;
  const [from = 0, to = from] = numbers as number[];
  if (from < field.from) return `beginning of range (${from}) below minimum (${field.from}): ${range}`;
  if (to > field.to) return `end of range (${to}) above maximum (${field.to}): ${range}`;
  return from > to ? `beginning of range (${from}) beyond end of range (${to}): ${range}` : undefined;
}

function numberOf(text: string, field: Field): number | undefined {
  const named = (field.names as readonly string[]).indexOf(text.toLowerCase());
  if (named >= 0) return named + field.from;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
