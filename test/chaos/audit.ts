/** A request of the audit log that changed something, or was refused. */
export interface AuditedWrite {
  readonly at: number;
  readonly verb: string;
  readonly plural: string;
  readonly subresource: string;
  readonly key: string;
  /** The pod whose token was used; undefined for people and the cluster's own controllers. */
  readonly pod: string | undefined;
  readonly user: string;
  readonly fieldManager: string;
  readonly code: number;
  /** 0 where nothing was there. */
  readonly before: number;
  /** 0 where nothing was written. */
  readonly after: number;
}

interface AuditLine {
  readonly verb: string;
  readonly requestURI: string;
  readonly stageTimestamp: string;
  readonly user: { readonly username: string; readonly extra?: Readonly<Record<string, readonly string[]>> };
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus: { readonly code: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

const writes = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const reads = /"verb":"(get|list|watch)"/;

/** The writes of an audit log, in the order in which they took effect; refused ones among them. */
export function writesOf(log: string): readonly AuditedWrite[] {
  const found: AuditedWrite[] = [];
  for (const line of log.split('\n')) {
    // the last one may be cut off where the API server was killed
    if (!line.endsWith('}') || reads.test(line)) continue;
    const write = writeOf(line);
    if (write) found.push(write);
  }
  return found.sort((a, b) => order(a) - order(b));
}

const order = ({ after, at }: AuditedWrite): number => (after > 0 ? after : at);

function writeOf(line: string): AuditedWrite | undefined {
  const event = parsed(line);
  if (!event?.objectRef || !writes.has(event.verb) || event.requestURI.includes('dryRun=')) return undefined;
  const { verb, objectRef, user, requestURI } = event;
  const { resource, subresource = '', namespace, name = '' } = objectRef;
  const [before, after] = [versionOf(event, 'before'), versionOf(event, 'after')];
  return {
    at: Date.parse(event.stageTimestamp),
    verb,
    plural: resource,
    subresource,
    key: namespace === undefined ? name : `${namespace}/${name}`,
    pod: user.extra?.['authentication.kubernetes.io/pod-name']?.[0],
    user: user.username,
    fieldManager: new URLSearchParams(requestURI.split('?')[1] ?? '').get('fieldManager') ?? '',
    code: event.responseStatus.code,
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

const versionOf = ({ annotations = {} }: AuditLine, end: 'before' | 'after'): number =>
  Number(annotations[`flotilla.dev/resource-version-${end}`] ?? 0);

function parsed(line: string): AuditLine | undefined {
  try {
    return JSON.parse(line) as AuditLine;
  } catch {
    return undefined;
  }
}
