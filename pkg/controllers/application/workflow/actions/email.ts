import { isMap } from '../../../../../machinery/src/patch/json.ts';
import type { Perform, Performers } from './context.ts';
import { markOf } from './context.ts';
import { objectParam, returned, textList, textParam, wrongTemplate } from './params.ts';

const timeoutMs = 20_000;
const tlsPort = 465;

/** Sends a message once in a run, however often the step is executed. */
const send: Perform = async (params, context, { label }) => {
  const mark = `${label}.email`;
  if (markOf(context, mark) !== undefined) return returned({});
  const from = objectParam(params, 'from');
  const content = objectParam(params, 'content');
  const to = textList(params['to']);
  const port = Number(from['port']);
  if (!isMap(params['from']) || to.length === 0 || textParam(from, 'host') === '' || !(port > 0))
    return wrongTemplate(`${label}: needs from.address, from.host, from.port and at least one address in to`);
  const user = textParam(from, 'address');
  // loaded when the first message is sent: few installations send any
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    host: textParam(from, 'host'),
    port,
    secure: port === tlsPort,
    auth: { user, pass: textParam(from, 'password') },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  try {
    await transport.sendMail({
      from: { name: textParam(from, 'alias'), address: user },
      to: [...to],
      subject: textParam(content, 'subject'),
      html: textParam(content, 'body'),
    });
  } catch (error) {
    return { kind: 'failed', message: `${label}: ${(error as Error).message}` };
  } finally {
    transport.close();
  }
  context.marks[mark] = 'sent';
  return returned({});
};

export const emailActions: Performers = { 'email.send': send };
