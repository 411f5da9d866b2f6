import type { JsonObject } from '../../machinery/src/meta.ts';
import type { Run } from './run.ts';

/** The marks of a step that `util.#Log` sets: where its logs are, and what it logged. */
export const logConfigMark = 'logConfig';
export const logDataMark = 'logData';

/** Where the logs of a step are. */
export interface LogConfig {
  /** Whether it logged values of its own. */
  readonly data?: boolean;
  readonly source?: {
    readonly url?: string;
    readonly resources?: readonly {
      readonly name?: string;
      readonly namespace?: string;
      readonly labelSelector?: Readonly<Record<string, string>>;
    }[];
  };
}

/** The log sources of all steps under the key by which KubeVela's CLI finds them; empty where there are none. */
export function encodedLogConfig({ steps, marks }: Pick<Run, 'steps' | 'marks'>): Readonly<Record<string, string>> {
  const configs = [...steps.values()].flatMap(({ id, name = '' }) => {
    const config = marks[`${id}.${logConfigMark}`];
    return config === undefined ? [] : [[name, JSON.parse(config) as JsonObject]];
  });
  return configs.length > 0 ? { [logConfigMark]: JSON.stringify(Object.fromEntries(configs)) } : {};
}

/** The logs of one step, from the ConfigMap of its run; undefined where it has none. */
export function logsOfStep(
  data: Readonly<Record<string, string>>,
  step: { readonly id: string; readonly name?: string },
): { readonly config: LogConfig; readonly text: string } | undefined {
  const all = JSON.parse(data[logConfigMark] ?? '{}') as Readonly<Record<string, LogConfig>>;
  const config = all[step.name ?? ''];
  return config && { config, text: data[`${step.id}.${logDataMark}`] ?? '' };
}
