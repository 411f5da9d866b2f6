import { eventually } from './fleet.ts';

/** One series of one process at one moment. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What one process exports. */
export interface Scrape {
  /** Every declared metric, those without a series included. */
  readonly names: ReadonlySet<string>;
  readonly samples: readonly Sample[];
}

export async function scrape(url: string): Promise<Scrape> {
  const answer = await fetch(`${url}/metrics`);
  const text = await answer.text();
  const names = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map((match) => match[1] ?? ''));
  const samples = [...text.matchAll(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/gm)].map(
    ([, name = '', labels = '', value = '']) => ({
      name,
      labels: Object.fromEntries(
        [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text] as const),
      ),
      value: Number(value),
    }),
  );
  return { names, samples };
}

/** Running processes by the name of their pods; those that are gone are left out. */
export async function scrapeAll(urls: Readonly<Record<string, string>>): Promise<readonly Sample[]> {
  const all = await Promise.all(
    Object.entries(urls).map(async ([pod, url]) => {
      const found = await scrape(url).catch(() => undefined);
      return (found?.samples ?? []).map((sample) => ({ ...sample, labels: { ...sample.labels, pod } }));
    }),
  );
  return all.flat();
}

/** Scrapes until what is asked for shows in the metrics of the processes. */
export async function scrapeWhen(
  what: string,
  urls: Readonly<Record<string, string>>,
  shows: (value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined) => boolean,
): Promise<readonly Sample[]> {
  return eventually(
    what,
    async () => {
      const samples = await scrapeAll(urls);
      const valueOf = (name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
        samples.find((s) => s.name === name && Object.entries(labels).every(([key, value]) => s.labels[key] === value))
          ?.value;
      if (!shows(valueOf)) throw new Error(`the metrics do not show it: ${describe(samples)}`);
      return samples;
    },
    60,
  );
}

const describe = (samples: readonly Sample[]): string =>
  samples
    .filter(
      ({ name, value }) => /^(flotilla_(shard|applications|failover|lease_valid)|leader)/.test(name) && value !== 0,
    )
    .map(({ name, labels, value }) => `${name}${JSON.stringify(labels)}=${value}`)
    .join(' ')
    .slice(0, 1500);

/** A recording for promtool: the samples of each phase hold for a number of intervals, and then the next phase begins. */
export function seriesOf(
  phases: readonly { readonly samples: readonly Sample[]; readonly intervals: number }[],
): object[] {
  const idOf = ({ name, labels }: Sample): string => `${name}{${pairsOf(labels)}}`;
  const wanted = /^(flotilla_|leader_election_)/;
  const ids = new Set(phases.flatMap(({ samples }) => samples.filter(({ name }) => wanted.test(name)).map(idOf)));
  return [...ids].map((series) => {
    let wasThere = false;
    const values = phases.map(({ samples, intervals }) => {
      const found = samples.find((sample) => idOf(sample) === series);
      const ends = wasThere && !found;
      wasThere = found !== undefined;
      if (found) return `${found.value}x${intervals - 1}`;
      return ends ? `stale ${intervals > 1 ? `_x${intervals - 1}` : ''}`.trim() : `_x${intervals}`;
    });
    return { series, values: values.join(' ') };
  });
}

const pairsOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}="${value}"`)
    .join(',');
