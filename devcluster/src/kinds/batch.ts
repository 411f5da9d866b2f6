import { cronProblems } from './cron-schedule.ts';
import {
  at,
  child,
  copyJson,
  fill,
  isRecord,
  recordOf,
  recordsOf,
  stringOf,
  type JsonRecord,
} from '../contract/json.ts';
import { jobProblems, jobSpecProblems, jobUpdateProblems } from './job-validation.ts';
import { defaultPodTemplate } from './pod-defaults.ts';
import { templateWarnings } from './pod-warnings.ts';
import { nonNegative } from './probe-validation.ts';
import { invalid, required, unsupported } from '../contract/problems.ts';
import type { FieldProblem, KindStrategy, MutableObject } from '../contract/strategy.ts';

export const job: KindStrategy = {
  hasGeneration: true,
  warnings: templateWarnings,
  default(object) {
    const spec = child(object, 'spec');
    if (spec['completions'] === undefined && spec['parallelism'] === undefined) spec['completions'] = 1;
    const policy = isRecord(spec['podFailurePolicy']);
    fill(spec, {
      parallelism: 1,
      backoffLimit: spec['backoffLimitPerIndex'] === undefined ? 6 : 2_147_483_647,
      completionMode: 'NonIndexed',
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: policy ? 'Failed' : 'TerminatingOrFailed',
    });
    for (const rule of recordsOf(recordOf(spec['podFailurePolicy'])['rules'])) {
      for (const condition of recordsOf(rule['onPodConditions'])) fill(condition, { status: 'True' });
    }
    const template = child(spec, 'template');
    defaultPodTemplate(template);
    labelAsTemplate(object, template);
  },
  prepareForCreate(object) {
    object['status'] = {};
    const spec = child(object, 'spec');
    if (spec['manualSelector'] !== true) selectOwnPods(object, spec);
    labelAsTemplate(object, child(spec, 'template'));
  },
  validate: jobProblems,
  validateUpdate: jobUpdateProblems,
};

/** A job without labels has those of its pods. */
function labelAsTemplate(object: MutableObject, template: JsonRecord): void {
  const labels = at(template, 'metadata', 'labels');
  if (Object.keys(labels).length > 0) fill(object.metadata, { labels: copyJson(labels) });
}

function selectOwnPods(object: MutableObject, spec: JsonRecord): void {
  const uid = stringOf(object.metadata['uid']);
  const name = stringOf(object.metadata['name']);
  const labels = child(child(child(spec, 'template'), 'metadata'), 'labels');
  fill(labels, {
    'job-name': name,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'batch.kubernetes.io/controller-uid': uid,
  });
  child(child(spec, 'selector'), 'matchLabels')['batch.kubernetes.io/controller-uid'] = uid;
}

const concurrency = ['Allow', 'Forbid', 'Replace'];
const longestCronJobName = 52;

export const cronJob: KindStrategy = {
  hasGeneration: true,
  default(object) {
    const spec = child(object, 'spec');
    fill(spec, {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    const template = child(spec, 'jobTemplate');
    child(template, 'metadata');
    defaultPodTemplate(child(child(template, 'spec'), 'template'));
  },
  prepareForCreate(object) {
    object['status'] = {};
  },
  validate(object) {
    const spec = recordOf(object['spec']);
    const schedule = stringOf(spec['schedule']);
    const problems =
      schedule === ''
        ? [required('spec.schedule')]
        : cronProblems(schedule).map((text) => invalid('spec.schedule', schedule, text));
    const policy = spec['concurrencyPolicy'];
    if (!concurrency.includes(stringOf(policy))) {
      problems.push(unsupported('spec.concurrencyPolicy', policy, concurrency));
    }
    for (const key of ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit']) {
      problems.push(...nonNegative(spec[key], `spec.${key}`));
    }
    problems.push(...zoneProblems(spec['timeZone'], 'spec.timeZone'));
    problems.push(...jobTemplateProblems(recordOf(spec['jobTemplate'])));
    const name = object.metadata.name ?? '';
    if (name.length > longestCronJobName) {
      problems.push(invalid('metadata.name', name, `must be no more than ${longestCronJobName} characters`));
    }
    return problems;
  },
};

function zoneProblems(zone: unknown, field: string): FieldProblem[] {
  if (typeof zone !== 'string') return [];
  if (zone === '') return [invalid(field, zone, 'timeZone must be nil or non-empty string')];
  const isText = zone.split('/').every((part) => /^[A-Za-z0-9_+-]+$/.test(part) && !part.startsWith('-'));
  if (!isText) return [invalid(field, zone, `unknown time zone ${zone}`)];
  const local = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
  if (zone.toLowerCase() === 'local') return [invalid(field, zone, local)];
  return isTimeZone(zone) ? [] : [invalid(field, zone, `unknown time zone ${zone}`)];
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    return true;
  } catch {
    return false;
  }
}

function jobTemplateProblems(template: JsonRecord): FieldProblem[] {
  const spec = recordOf(template['spec']);
  const field = 'spec.jobTemplate.spec';
  const problems = jobSpecProblems(spec, field);
  if (isRecord(spec['selector']))
    problems.push(invalid(`${field}.selector`, spec['selector'], '`selector` will be auto-generated'));
  if (spec['manualSelector'] === true) problems.push(unsupported(`${field}.manualSelector`, true, ['nil', 'false']));
  return problems;
}
