import { child, fill, recordOf, recordsOf, stringOf } from '../contract/json.ts';
import { invalid, required } from '../contract/problems.ts';
import type { KindStrategy } from '../contract/strategy.ts';

export const generationOnly: KindStrategy = { hasGeneration: true };

export const certificateRequest: KindStrategy = {
  prepareForCreate(object) {
    object['status'] = {};
  },
  validate(object) {
    const spec = recordOf(object['spec']);
    const usages: unknown[] = Array.isArray(spec['usages']) ? spec['usages'] : [];
    const signer = stringOf(spec['signerName']);
    return [
      ...(usages.length === 0 ? [required('spec.usages')] : []),
      ...(signer === '' ? [required('spec.signerName')] : []),
      ...(signer !== '' && !signer.includes('/')
        ? [
            invalid(
              'spec.signerName',
              signer,
              'must be a fully qualified domain and path of the form "example.com/signer-name"',
            ),
          ]
        : []),
    ];
  },
};

const usualPrecedence = 1000;

export const flowSchema: KindStrategy = {
  hasGeneration: true,
  default: (object) => {
    fill(child(object, 'spec'), { matchingPrecedence: usualPrecedence });
  },
  prepareForCreate(object) {
    object['status'] = {};
  },
};

export const priorityLevel: KindStrategy = {
  hasGeneration: true,
  default(object) {
    const spec = child(object, 'spec');
    if (spec['type'] !== 'Limited') return;
    const limited = child(spec, 'limited');
    fill(limited, { nominalConcurrencyShares: 30, lendablePercent: 0 });
    for (const response of recordsOf([limited['limitResponse']])) {
      if (response['type'] !== 'Queue') continue;
      fill(child(response, 'queuing'), { queues: 64, handSize: 8, queueLengthLimit: 50 });
    }
  },
  prepareForCreate(object) {
    object['status'] = {};
  },
};
