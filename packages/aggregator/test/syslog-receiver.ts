import '../src/identity/x509.ts';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import {
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { SyslogSettings } from '../src/outputs/output-settings.ts';
import { createKeys, P256 } from './certificates.ts';

export type SyslogReceiver = {
  readonly settings: SyslogSettings;
  /** Resolves with all messages when there are so many; of a connection, each frame by its count of octets. */
  received(count: number): Promise<readonly string[]>;
  close(): Promise<void>;
};

/** A syslog server on loopback. One that is `mute` never closes its end of a connection. */
export async function startSyslogReceiver(
  transport: SyslogSettings['transport'],
  { mute = false } = {},
): Promise<SyslogReceiver> {
  const messages: string[] = [];
  const waiting = new Set<() => void>();
  const take = (message: string) => {
    messages.push(message);
    for (const wake of waiting) wake();
  };
  const serve = transport === 'udp' ? serveDatagrams : serveConnections;
  const { port, ca, close } = await serve(take, { tls: transport === 'tls', mute });
  return {
    settings: { host: '127.0.0.1', port, transport, allowPrivate: true, ...(ca && { ca }) },
    async received(count) {
      while (messages.length < count) {
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.add(resolve);
        await promise;
        waiting.delete(resolve);
      }
      return messages;
    },
    close,
  };
}

type Server = { readonly port: number; readonly ca?: string; close(): Promise<void> };

async function serveDatagrams(take: (message: string) => void): Promise<Server> {
  const socket = createSocket('udp4');
  socket.on('message', (message) => take(message.toString()));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, close: async () => void socket.close() };
}

async function serveConnections(
  take: (message: string) => void,
  { tls, mute }: { readonly tls: boolean; readonly mute: boolean },
): Promise<Server> {
  const certificate = tls ? await createCertificate() : undefined;
  const sockets = new Set<Socket>();
  const listener = (socket: Socket) => {
    let rest = Buffer.alloc(0);
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk as Buffer]);
      for (let frame = frameOf(rest); frame; frame = frameOf(rest)) {
        rest = rest.subarray(frame.end);
        take(frame.message);
      }
    });
  };
  const options = { allowHalfOpen: mute };
  const server = certificate
    ? createTlsServer({ ...options, ...certificate }, listener)
    : createServer(options, listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    ...(certificate && { ca: certificate.cert }),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** RFC 6587: the length in octets, a space, the message. */
function frameOf(bytes: Buffer): { readonly message: string; readonly end: number } | undefined {
  const [head, digits] = /^(\d+) /.exec(bytes.subarray(0, 12).toString('latin1')) ?? [];
  if (head === undefined) return undefined;
  const end = head.length + Number(digits);
  return bytes.length < end ? undefined : { message: bytes.subarray(head.length, end).toString(), end };
}

async function createCertificate() {
  const { key, publicKey } = await createKeys();
  const keys = {
    publicKey,
    privateKey: await crypto.subtle.importKey('pkcs8', key.export({ type: 'pkcs8', format: 'der' }), P256, true, [
      'sign',
    ]),
  };
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=syslog',
    keys,
    signingAlgorithm: P256,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign),
      new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
    ],
  });
  return { cert: certificate.toString('pem'), key: key.export({ type: 'pkcs8', format: 'pem' }) };
}
