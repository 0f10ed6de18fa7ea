import { BlockList, isIP } from 'node:net';

export type SocketAddress = { readonly host: string; readonly port: number };

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Reads `HOST:PORT` (`10.0.0.1:8471`, `[::1]:8471`, `localhost:0`). Otherwise returns the problem, beginning with `field`. */
export function parseSocketAddress(text: string, field: string): SocketAddress | { readonly problem: string } {
  const [, host = '', port = ''] = /^(?:\[(?=.*\])|)([^[\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (!host || Number(port) > 65535 || (isIP(host) === 6) !== text.startsWith('[')) {
    return { problem: `${field}: must be HOST:PORT such as 127.0.0.1:8470, is ${JSON.stringify(text)}` };
  }
  return { host, port: Number(port) };
}

/** The same, where HOST must be loopback: what has no identities may not be reached from another host. */
export function parseLoopbackAddress(text: string, field: string): SocketAddress | { readonly problem: string } {
  const address = parseSocketAddress(text, field);
  if ('problem' in address || isLoopback(address.host)) return address;
  const { port } = address;
  return { problem: `${field}: must be a loopback address such as 127.0.0.1:${port}, is ${JSON.stringify(text)}` };
}

/** `HOST:PORT` as it is written in URLs and options. */
export function formatSocketAddress({ host, port }: SocketAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether a host as written in an option or a Host header is this machine's loopback. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
