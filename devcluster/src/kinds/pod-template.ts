import { at, isRecord, recordOf, recordsOf, type JsonRecord } from '../contract/json.ts';
import { isEmptySelector, selectorMatches, selectorProblems } from './label-selector.ts';
import { annotationProblems, labelProblems } from './metadata.ts';
import { podSpecProblems } from './pod-validation.ts';
import { forbidden, immutableText, invalid, required, unsupported } from '../contract/problems.ts';
import { sameJson } from '../contract/json.ts';
import type { FieldProblem } from '../contract/strategy.ts';

/** What is wrong with a PodTemplateSpec at `field`. */
export function templateProblems(template: JsonRecord, field: string): FieldProblem[] {
  const metadata = recordOf(template['metadata']);
  return [
    ...labelProblems(metadata['labels'], `${field}.labels`),
    ...annotationProblems(metadata['annotations'], `${field}.annotations`),
    ...podSpecProblems(recordOf(template['spec']), `${field}.spec`),
    ...(recordsOf(recordOf(template['spec'])['ephemeralContainers']).length === 0
      ? []
      : [forbidden(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]),
  ];
}

/** The template of a controller that keeps pods running: its labels match the selector, its pods always restart. */
export function runningTemplateProblems(spec: JsonRecord, field: string, controller: string): FieldProblem[] {
  const template = recordOf(spec['template']);
  const pod = recordOf(template['spec']);
  const problems = [...mismatch(spec, template, field), ...templateProblems(template, `${field}.template`)];
  const restart = pod['restartPolicy'];
  if (restart !== 'Always') problems.push(unsupported(`${field}.template.spec.restartPolicy`, restart, ['Always']));
  if (typeof pod['activeDeadlineSeconds'] === 'number') {
    const text = `activeDeadlineSeconds in ${controller} is not Supported`;
    problems.push(forbidden(`${field}.template.spec.activeDeadlineSeconds`, text));
  }
  return problems;
}

function mismatch(spec: JsonRecord, template: JsonRecord, field: string): FieldProblem[] {
  const labels = at(template, 'metadata', 'labels');
  const { selector } = spec;
  // a selector that cannot be read is reported itself
  if (isRecord(selector) && selectorProblems(selector, '').length > 0) return [];
  if (isRecord(selector) && (isEmptySelector(selector) || selectorMatches(selector, labels))) return [];
  const value = Object.keys(labels).length === 0 ? null : labels;
  return [invalid(`${field}.template.metadata.labels`, value, '`selector` does not match template `labels`')];
}

/** `spec.selector` of a workload: there, valid and not empty. */
export function workloadSelectorProblems(spec: JsonRecord, kind: string): FieldProblem[] {
  const { selector } = spec;
  if (!isRecord(selector)) return [required('spec.selector')];
  const problems = selectorProblems(selector, 'spec.selector');
  const unreadable = kind === 'statefulset' ? '' : 'invalid label selector';
  if (problems.length > 0) problems.push(invalid('spec.selector', selector, unreadable));
  if (isEmptySelector(selector)) {
    problems.push(invalid('spec.selector', selector, `empty selector is invalid for ${kind}`));
  }
  return problems;
}

/** Each of these fields of `spec` is as before. */
export function immutableFields(now: unknown, before: unknown, fields: readonly string[]): FieldProblem[] {
  const spec = recordOf(now);
  const old = recordOf(before);
  return fields
    .filter((key) => !sameJson(spec[key], old[key]))
    .map((key) => invalid(`spec.${key}`, spec[key], immutableText));
}
