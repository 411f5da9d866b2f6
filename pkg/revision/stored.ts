import type { ApplicationRevision, ApplicationRevisionSpec } from '../apis/application-revision.ts';
import type { CompressionType } from './compression.ts';
import { compress, decompress, isCompressed, UnreadableError, writableType } from './compression.ts';

/**
 * A revision as it is worked with: its content whole, the type of its compression kept. Throws UnreadableError, which names
 * the revision, where the content cannot be read.
 */
export function expandedRevision(stored: ApplicationRevision): ApplicationRevision {
  const { compression } = stored.spec;
  if (!isCompressed(compression)) return stored;
  const { type = '' } = compression;
  try {
    const content = decompress(compression) as ApplicationRevisionSpec;
    return { ...stored, spec: { ...content, compression: { type } } };
  } catch (error) {
    const { namespace = '', name = '' } = stored.metadata;
    const reason = (error as Error).message;
    throw new UnreadableError(`application revision ${namespace}/${name} cannot be read: ${reason}`, { cause: error });
  }
}

/** The revision as it is stored, compressed where it was or where `type` asks for it. */
export function storedRevision(revision: ApplicationRevision, type: CompressionType): ApplicationRevision {
  const { compression, ...content } = revision.spec;
  const before = (compression?.type ?? '') as CompressionType;
  const wanted = type === '' ? before : type;
  if (writableType(wanted) === '') return revision;
  return { ...revision, spec: { ...emptyContent, compression: compress(content, wanted as 'gzip' | 'zstd') } };
}

/** The CRD requires an Application with components. */
const emptyContent = {
  application: { metadata: {}, spec: { components: [] } },
} as unknown as ApplicationRevisionSpec;
