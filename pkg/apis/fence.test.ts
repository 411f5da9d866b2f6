import { describe, expect, test } from '@jest/globals';
import { ApiError, TransportError } from './api-error.ts';
import { fenced, fenceMetadata, fenceRefusalOf, fenceText, parseFence } from './fence.ts';
import { annotations } from './names.ts';

test.each([
  { text: '0.0', want: { family: 0, lease: 0 } },
  { text: '12.345', want: { family: 12, lease: 345 } },
  { text: undefined, want: undefined },
  { text: '', want: undefined },
  { text: '1', want: undefined },
  { text: '1.-2', want: undefined },
  { text: '1.2.3', want: undefined },
  { text: '1.2 ', want: undefined },
  { text: `1.${'9'.repeat(16)}`, want: undefined },
])('the fence in $text is $want', ({ text, want }) => {
  expect(parseFence(text)).toEqual(want);
  if (want) expect(fenceText(want)).toBe(text);
});

test('an object gets a fence beside its other annotations, and stays itself without one', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', annotations: { x: 'y' } } };
  expect(fenced(object, '1.2').metadata.annotations).toEqual({ x: 'y', [annotations.shardFence]: '1.2' });
  expect(fenced(object, undefined)).toBe(object);
  expect(fenceMetadata(undefined)).toEqual({});
});

describe('a refusal', () => {
  const error = (text: string, code = 403): ApiError =>
    new ApiError({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      code,
      message: `x "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ${text}`,
      details: { kind: 'xs' },
    });
  const older = error('shard fence (family): xs "a" of shard s carries 1.2, which is newer than 1.1 of pod p');

  test.each<{ name: string; error: unknown; want: object | undefined }>([
    { name: 'by the Lease', error: error('shard fence (lease): x'), want: { layer: 'lease', kind: 'xs' } },
    { name: 'by what is stored', error: older, want: { layer: 'family', stored: { family: 1, lease: 2 } } },
    { name: 'among others', error: new AggregateError([new Error('x'), older]), want: { layer: 'family' } },
    { name: 'of another policy', error: error('no latest tags'), want: undefined },
    { name: 'with another code', error: error('shard fence (lease): x', 422), want: undefined },
    { name: 'without an answer', error: new TransportError('Timeout', 'shard fence (lease): x'), want: undefined },
  ])('$name', ({ error: given, want }) => {
    if (want) expect(fenceRefusalOf(given)).toMatchObject(want);
    else expect(fenceRefusalOf(given)).toBeUndefined();
  });
});
