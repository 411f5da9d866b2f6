import { fill, isRecord, recordOf, recordsOf, stringOf, type JsonRecord } from '../contract/json.ts';
import { pullPolicy } from './image.ts';

const mode = 0o644;

/** What a volume without a source, or with an incomplete one, becomes. */
export function defaultVolume(volume: JsonRecord): void {
  const sources = Object.keys(volume).filter((key) => key !== 'name' && isRecord(volume[key]));
  if (sources.length === 0) volume['emptyDir'] = {};
  for (const source of sources) defaultSource(source, recordOf(volume[source]));
}

function defaultSource(kind: string, source: JsonRecord): void {
  switch (kind) {
    case 'secret':
    case 'configMap':
      fill(source, { defaultMode: mode });
      break;
    case 'downwardAPI':
      fill(source, { defaultMode: mode });
      defaultDownwardFiles(source);
      break;
    case 'projected':
      fill(source, { defaultMode: mode });
      recordsOf(source['sources']).forEach(defaultProjection);
      break;
    case 'hostPath':
      fill(source, { type: '' });
      break;
    default:
      defaultRemoteSource(kind, source);
  }
}

function defaultRemoteSource(kind: string, source: JsonRecord): void {
  switch (kind) {
    case 'iscsi':
      fill(source, { iscsiInterface: 'default' });
      break;
    case 'rbd':
      fill(source, { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' });
      break;
    case 'azureDisk':
      fill(source, { cachingMode: 'ReadWrite', fsType: 'ext4', readOnly: false, kind: 'Shared' });
      break;
    case 'scaleIO':
      fill(source, { storageMode: 'ThinProvisioned', fsType: 'xfs' });
      break;
    case 'image':
      fill(source, { pullPolicy: pullPolicy(stringOf(source['reference'])) });
      break;
    case 'ephemeral': {
      const spec = recordOf(recordOf(source['volumeClaimTemplate'])['spec']);
      fill(spec, { volumeMode: 'Filesystem' });
      break;
    }
  }
}

function defaultProjection(projection: JsonRecord): void {
  if (isRecord(projection['serviceAccountToken'])) fill(projection['serviceAccountToken'], { expirationSeconds: 3600 });
  defaultDownwardFiles(recordOf(projection['downwardAPI']));
}

function defaultDownwardFiles(source: JsonRecord): void {
  for (const item of recordsOf(source['items'])) {
    if (isRecord(item['fieldRef'])) fill(item['fieldRef'], { apiVersion: 'v1' });
    if (isRecord(item['resourceFieldRef'])) fill(item['resourceFieldRef'], { divisor: '0' });
  }
}
