import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import type { SyslogSettings } from './output-settings.ts';
import { type Lookup, resolveTarget } from './resolve-target.ts';

export type SyslogOptions = {
  readonly signal: AbortSignal;
  readonly lookup?: Lookup | undefined;
  /** How long a receiver that does not close its end is waited for. */
  readonly farewellMs?: number;
};

/**
 * Sends one message of RFC 5424: as a datagram (RFC 5426), or counted in octets on a connection of its own (RFC 6587, and RFC
 * 5425 over TLS). Syslog acknowledges nothing, and what a kept connection had in its buffers when it broke would be lost
 * unseen. So this one is closed, and resolves when the receiver has closed its end, having read all; or, if that takes it
 * longer than `farewellMs`, has not refused any. Of a datagram nothing is known but that it left.
 */
export async function sendSyslog(
  settings: SyslogSettings,
  message: Buffer,
  { signal, lookup, farewellMs = 2000 }: SyslogOptions,
): Promise<void> {
  const { host, port, transport, ca, allowPrivate } = settings;
  const { address, family } = await resolveTarget(host, { allowPrivate, ...(lookup && { lookup }) });
  if (transport === 'udp') return sendDatagram(message, port, address, family);
  const tls = { ...(ca && { ca }), ...(isIP(host) ? { host } : { servername: host }) };
  const socket =
    transport === 'tls'
      ? connectTls({ ...tls, host: address, port, minVersion: 'TLSv1.2' })
      : connectTcp({ host: address, port });
  try {
    await once(socket, transport === 'tls' ? 'secureConnect' : 'connect', { signal });
    await farewell(socket, Buffer.concat([Buffer.from(`${message.length} `), message]), { signal, farewellMs });
  } finally {
    socket.destroy();
  }
}

async function sendDatagram(message: Buffer, port: number, address: string, family: number): Promise<void> {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.send(message, port, address, (error) => (error ? reject(error) : resolve()));
  await promise.finally(() => socket.close());
}

async function farewell(
  socket: Socket,
  frame: Buffer,
  { signal, farewellMs }: { readonly signal: AbortSignal; readonly farewellMs: number },
): Promise<void> {
  // What it says is not for us, but it must be read for its end to be seen.
  socket.resume();
  const closed = once(socket, 'end', { signal });
  closed.catch(() => {});
  const finished = once(socket, 'finish', { signal });
  socket.end(frame);
  await finished;
  const patience = new AbortController();
  await Promise.race([closed, delay(farewellMs, undefined, { signal: patience.signal })]);
  patience.abort();
}
