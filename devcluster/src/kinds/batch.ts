import type { KubeObject } from '../../../machinery/src/meta.ts';
import { cronProblems } from './cron-schedule.ts';
import {
  at,
  child,
  copyJson,
  fill,
  isRecord,
  recordOf,
  recordsOf,
  sameJson,
  stringOf,
  type JsonRecord,
} from '../contract/json.ts';
import { selectorMatches } from './label-selector.ts';
import { defaultPodTemplate } from './pod-defaults.ts';
import { immutableFields, templateProblems } from './pod-template.ts';
import { templateWarnings } from './pod-warnings.ts';
import { nonNegative } from './probe-validation.ts';
import { forbidden, immutableText, invalid, required, unsupported } from '../contract/problems.ts';
import type { FieldProblem, KindStrategy, MutableObject } from '../contract/strategy.ts';

const restarts = 'valid values: "OnFailure", "Never"';

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
  validate(object) {
    const spec = recordOf(object['spec']);
    return [...jobSpecProblems(spec, 'spec'), ...selectorOfJob(spec), ...nameInPods(object)];
  },
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

/** What is wrong with a JobSpec, of a Job or in a CronJob. */
function jobSpecProblems(spec: JsonRecord, field: string): FieldProblem[] {
  const template = recordOf(spec['template']);
  const problems = [
    ...['parallelism', 'completions', 'backoffLimit', 'ttlSecondsAfterFinished', 'activeDeadlineSeconds'].flatMap(
      (key) => nonNegative(spec[key], `${field}.${key}`),
    ),
    ...templateProblems(template, `${field}.template`),
  ];
  const restart = recordOf(template['spec'])['restartPolicy'];
  const at = `${field}.template.spec.restartPolicy`;
  if (restart === 'Always' || restart === undefined) problems.push(required(at, restarts));
  else if (restart !== 'OnFailure' && restart !== 'Never') {
    problems.push(unsupported(at, restart, ['OnFailure', 'Never']));
  }
  if (spec['completionMode'] === 'Indexed' && spec['completions'] === undefined) {
    problems.push(required(`${field}.completions`, 'when completion mode is Indexed'));
  }
  return problems;
}

function selectorOfJob(spec: JsonRecord): FieldProblem[] {
  if (!isRecord(spec['selector'])) return [required('spec.selector')];
  const labels = at(spec, 'template', 'metadata', 'labels');
  if (selectorMatches(spec['selector'], labels)) return [];
  return [invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')];
}

function nameInPods(object: KubeObject): FieldProblem[] {
  const name = object.metadata.name ?? '';
  const spec = recordOf(object['spec']);
  if (name.length <= 63 || spec['completionMode'] !== 'Indexed') return [];
  return [invalid('metadata.name', name, 'will not able to create pod with invalid DNS label')];
}

function jobUpdateProblems(object: KubeObject, old: KubeObject): FieldProblem[] {
  const problems = immutableFields(object['spec'], old['spec'], ['selector', 'completionMode', 'podFailurePolicy']);
  const spec = recordOf(object['spec']);
  const before = recordOf(old['spec']);
  if (!completionsMayChange(spec, before)) {
    problems.push(invalid('spec.completions', spec['completions'], immutableText));
  }
  const started = recordOf(old['status'])['startTime'] !== undefined;
  if (!(before['suspend'] === true && !started) && !sameJson(spec['template'], before['template'])) {
    problems.push(invalid('spec.template', spec['template'], immutableText));
  }
  return problems;
}

/** An indexed job may grow or shrink when parallelism moves along. */
function completionsMayChange(spec: JsonRecord, before: JsonRecord): boolean {
  if (sameJson(spec['completions'], before['completions'])) return true;
  return spec['completionMode'] === 'Indexed' && spec['completions'] === spec['parallelism'];
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
    problems.push(...jobTemplateProblems(recordOf(spec['jobTemplate'])));
    const name = object.metadata.name ?? '';
    if (name.length > longestCronJobName) {
      problems.push(invalid('metadata.name', name, `must be no more than ${longestCronJobName} characters`));
    }
    return problems;
  },
};

function jobTemplateProblems(template: JsonRecord): FieldProblem[] {
  const spec = recordOf(template['spec']);
  const field = 'spec.jobTemplate.spec';
  const problems = jobSpecProblems(spec, field);
  if (isRecord(spec['selector'])) problems.push(forbidden(`${field}.selector`, '`selector` will be auto-generated'));
  return problems;
}
