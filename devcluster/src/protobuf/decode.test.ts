import { describe, expect, test } from '@jest/globals';
import { factsFolder } from '../facts.ts';
import { decodeProtobuf } from './decode.ts';
import { loadMessages } from './messages.ts';

const messages = loadMessages(factsFolder());

// What Go's client sends: a ConfigMap of kubectl create, a Deployment with a bit of everything.
const configMap = 'azhzAAoPCgJ2MRIJQ29uZmlnTWFwEhwKEgoCenoSABoAIgAqADIAOABCABIGCgF4EgExGgAiAA==';
const deployment =
  'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EusBCiUKAWQSABoAIgAqADIAOABCAEoICIDiz6oGEABaCAoDYXBwEgFkErMBCAASCgoICgNhcHASAWQajQEKEAoAEgAaACIAKgAyADgAQgASeQoJCgFjEgQSAgoAEk4KBG1haW4SBXgvYToxKgBCDxINCgNjcHUSBgoENTAwbVIcChASDgoAEgYIABBQGgAaACIAEAAYACAFKAAwAGoAcgCAAQCIAQCQAQCiAQAaADIAQgBKAFIAWABgAGgAcgCCAQCKAQCaAQDCAQAiDwoAEgsSCQgBEAAaAzI1JSgAOAAaDAgAEAAYACAAKAA4ABoAIgA=';

describe('a protobuf body', () => {
  test('becomes what its JSON would be', () => {
    expect(decodeProtobuf(Buffer.from(configMap, 'base64'), messages)).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'zz' },
      data: { x: '1' },
    });
  });

  test('keeps zeros that were given, and fields that JSON writes in their holder', () => {
    expect(decodeProtobuf(Buffer.from(deployment, 'base64'), messages)).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', labels: { app: 'd' }, deletionTimestamp: '2023-11-14T22:13:20Z' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'd' } },
        strategy: { rollingUpdate: { maxSurge: '25%' } },
        template: {
          spec: {
            securityContext: {},
            volumes: [{ name: 'c', emptyDir: {} }],
            containers: [
              {
                name: 'main',
                image: 'x/a:1',
                resources: { requests: { cpu: '500m' } },
                livenessProbe: { httpGet: { port: 80 }, periodSeconds: 5 },
              },
            ],
          },
        },
      },
    });
  });

  test.each([
    ['something else', Buffer.from('{}'), /does not appear to be a protobuf message/],
    ['cut off', Buffer.from(configMap, 'base64').subarray(0, 40), /unexpected EOF/],
    ['of an unknown kind', Buffer.from('k8s\0\n\x0b\n\x02v1\x12\x05Bogus', 'latin1'), /no kind "Bogus" is registered/],
  ])('that is %s is refused', (_, body, expected) => {
    expect(() => decodeProtobuf(body, messages)).toThrow(expected);
  });
});
