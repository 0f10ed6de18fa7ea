import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startSyslogReceiver } from '../../test/syslog-receiver.ts';
import { SYSLOG_TRANSPORTS, type SyslogSettings } from './output-settings.ts';
import { sendSyslog } from './send-syslog.ts';
import { syslogMessage } from './syslog-message.ts';

/** SYSLOG-MSG of RFC 5424: PRI VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA MSG. */
const MESSAGE =
  /^<(\d{1,3})>([1-9]\d?) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) - (.*)$/s;

const header = { severity: 'HIGH', alertType: 'START', lastSeen: '2026-01-31T12:00:00.000Z', hostname: 'h' } as const;
const TEXT = '{"name":"ü"}';

const send = (settings: SyslogSettings, text = TEXT, farewellMs = 2000) =>
  sendSyslog(settings, syslogMessage(header, text), { signal: new AbortController().signal, farewellMs });

for (const transport of SYSLOG_TRANSPORTS) {
  test(`over ${transport} each message arrives whole, with the header of RFC 5424`, async () => {
    const receiver = await startSyslogReceiver(transport);
    await send(receiver.settings);
    await send(receiver.settings, 'x'.repeat(10_000));
    const [first, second] = await receiver.received(2);
    assert.deepEqual(MESSAGE.exec(first!)?.slice(1), [
      ...[`${13 * 8 + 3}`, '1', header.lastSeen, 'h', 'connscan', '-', 'START', TEXT],
    ]);
    assert.equal(MESSAGE.exec(second!)?.at(-1)?.length, 10_000);
    await receiver.close();
  });
}

test('a receiver that keeps its end open has what was sent all the same', async () => {
  const receiver = await startSyslogReceiver('tcp', { mute: true });
  await send(receiver.settings, TEXT, 20);
  await receiver.received(1);
  await receiver.close();
});

test('a server whose certificate is not known is not told anything', async () => {
  const receiver = await startSyslogReceiver('tls');
  const { ca, ...settings } = receiver.settings;
  await assert.rejects(send(settings), /self-signed certificate/);
  const other = await startSyslogReceiver('tls');
  await assert.rejects(send({ ...settings, ca: other.settings.ca! }), /certificate/);
  await other.close();
  await receiver.close();
  assert.deepEqual(await receiver.received(0), []);
});

test('a receiver inside is refused, by address and by name', async () => {
  for (const transport of SYSLOG_TRANSPORTS) {
    for (const host of ['127.0.0.1', 'localhost', '::1']) {
      const settings = { host, port: 514, transport, allowPrivate: false };
      await assert.rejects(send(settings), /is no public address/);
    }
  }
});

test('what cannot be reached is told', async () => {
  const receiver = await startSyslogReceiver('tcp');
  await receiver.close();
  await assert.rejects(send(receiver.settings), /ECONNREFUSED/);
});

test('a host name that RFC 5424 cannot take is left out', () => {
  assert.match(syslogMessage({ ...header, hostname: 'a b\nü' }, '').toString(), /Z ab connscan/);
  assert.match(syslogMessage({ ...header, hostname: 'ü' }, '').toString(), /Z - connscan/);
});
