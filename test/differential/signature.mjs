/** What two differences have in common when they have one cause. */
export function signatureOf(kind, first, { steps }) {
  const number = Number(/^\d+/.exec(first.step)?.[0] ?? -1);
  const step = steps[number] ?? {};
  const verb = step.do === 'PATCH' ? step.type : (step.do ?? 'watch');
  const sub = /\/(status|scale)$/.exec(step.at ?? '')?.[1] ?? '';
  const [want, got] = [first.want, first.got];
  const codes = want?.code === got?.code ? String(want?.code) : `${want?.code}!=${got?.code}`;
  const line = first.lines[0] ?? '';
  const at = line
    .slice(0, line.indexOf(': '))
    .replace(/\[\d+\]/g, '[]')
    .replace(/<[^>]*>/g, '<>');
  const reason = want?.code === got?.code ? '' : `${want?.body?.reason ?? ''}|${got?.body?.reason ?? ''}`;
  const message =
    want?.code !== got?.code
      ? plain(want?.code >= 400 ? want.body?.message : got?.body?.message)
      : at === 'body.message'
        ? `${plain(want.body.message)} <> ${plain(got.body.message)}`
        : '';
  return [verb + (sub && `/${sub}`), codes, at, reason, message].join(' ').slice(0, 300);
}

/** A message without its names and values. */
function plain(text) {
  return String(text ?? '')
    .replace(/"[^"]*"/g, '""')
    .replace(/^\S+ "" (is invalid|not found)/, '$1')
    .replace(/\d+/g, 'N')
    .replace(/[A-Z]\w+(\.[\w.]+)? ""/g, 'K ""')
    .slice(0, 110);
}
