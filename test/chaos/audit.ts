/** A request of the audit log that changed something, or was refused. */
export interface AuditedWrite {
  readonly at: number;
  readonly verb: string;
  readonly plural: string;
  readonly subresource: string;
  readonly key: string;
  /** The pod of the token; undefined for people and the cluster's own controllers. */
  readonly pod: string | undefined;
  readonly user: string;
  readonly fieldManager: string;
  readonly code: number;
  /** 0 where nothing was there. */
  readonly before: number;
  /** 0 where nothing was written. */
  readonly after: number;
}

/** A line of an audit log, as far as it is read. */
export interface AuditLine {
  readonly verb: string;
  readonly requestURI: string;
  readonly stageTimestamp: string;
  readonly user: { readonly username: string; readonly extra?: Readonly<Record<string, readonly string[]>> };
  readonly objectRef?: {
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus: { readonly code: number };
  /** Of the embedded API server: what changed. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of a real one: the object, or a Status. */
  readonly responseObject?: {
    readonly metadata?: {
      readonly uid?: string;
      readonly resourceVersion?: string;
      readonly deletionTimestamp?: string;
      readonly finalizers?: readonly string[];
    };
    readonly details?: { readonly uid?: string };
  };
}

/** The object's resourceVersions around a write: equal where it changed nothing, 0 where nothing was there. */
export interface Change {
  readonly before: number;
  readonly after: number;
}

const writes = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const reads = /"verb":"(get|list|watch)"/;

/**
 * The writes of an audit log, in the order in which they took effect; refused ones among them. What they changed is
 * written in the lines, or found out by the given function.
 */
export function writesOf(
  log: string,
  changesOf?: (lines: readonly AuditLine[]) => ReadonlyMap<AuditLine, Change>,
): readonly AuditedWrite[] {
  const lines: AuditLine[] = [];
  for (const text of log.split('\n')) {
    // the last one may be cut off where the API server was killed
    if (!text.endsWith('}') || reads.test(text)) continue;
    const line = parsed(text);
    if (line && isWrite(line)) lines.push(line);
  }
  const changes = changesOf?.(lines);
  const found = lines.map((line) => writeOf(line, changes ? changes.get(line) : annotated(line)));
  return found.sort((a, b) => order(a) - order(b));
}

const order = ({ after, at }: AuditedWrite): number => (after > 0 ? after : at);

const isWrite = ({ objectRef, verb, requestURI }: AuditLine): boolean =>
  objectRef !== undefined && writes.has(verb) && !requestURI.includes('dryRun=');

function writeOf(line: AuditLine, { before, after }: Change = { before: 0, after: 0 }): AuditedWrite {
  const { verb, user, requestURI, stageTimestamp, responseStatus } = line;
  const { resource = '', subresource = '', namespace, name = '' } = line.objectRef ?? {};
  return {
    at: Date.parse(stageTimestamp),
    verb,
    plural: resource,
    subresource,
    key: namespace === undefined ? name : `${namespace}/${name}`,
    pod: user.extra?.['authentication.kubernetes.io/pod-name']?.[0],
    user: user.username,
    fieldManager: new URLSearchParams(requestURI.split('?')[1] ?? '').get('fieldManager') ?? '',
    code: responseStatus.code,
    before,
    after: after === before ? 0 : after,
  };
}

/** The write as one line, for people. */
export function lineOf({
  at,
  verb,
  plural,
  subresource,
  key,
  pod,
  user,
  fieldManager,
  code,
  before,
  after,
}: AuditedWrite): string {
  const what = subresource === '' ? plural : `${plural}/${subresource}`;
  const time = new Date(at).toISOString().slice(11, 23);
  return `${time} ${verb} ${what} ${key} by ${pod ?? user} as ${fieldManager} ${code} (${before} to ${after})`;
}

function annotated({ annotations = {} }: AuditLine): Change {
  const version = (end: string): number => Number(annotations[`flotilla.dev/resource-version-${end}`] ?? 0);
  return { before: version('before'), after: version('after') };
}

/** Without unused fields: logs of real API servers hold every object that was written. */
function parsed(text: string): AuditLine | undefined {
  try {
    const { verb, requestURI, stageTimestamp, user, objectRef, responseStatus, ...more } = JSON.parse(
      text,
    ) as AuditLine;
    const line = { verb, requestURI, stageTimestamp, user, objectRef, responseStatus, annotations: more.annotations };
    return { ...line, responseObject: more.responseObject && slim(more.responseObject) } as AuditLine;
  } catch {
    return undefined;
  }
}

function slim({ metadata, details }: Required<AuditLine>['responseObject']): AuditLine['responseObject'] {
  if (metadata?.uid === undefined) return { ...(details && { details }) };
  const { uid, resourceVersion = '0', deletionTimestamp, finalizers = [] } = metadata;
  return {
    metadata: { uid, resourceVersion, finalizers, ...(deletionTimestamp !== undefined && { deletionTimestamp }) },
  };
}
