import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatAddress } from '@connscan/model';

export type ListeningSocket = { readonly address: string; readonly port: number; readonly inode: string };

/** `0A` is TCP_LISTEN. */
const LISTEN = '0A';

/** The TCP sockets that listen in the network namespace of a process. Rejects as the file system does. */
export async function readListeningSockets(proc: string, pid: number): Promise<ListeningSocket[]> {
  const directory = join(proc, String(pid), 'net');
  const [ipv4, ipv6] = await Promise.all([
    readFile(join(directory, 'tcp'), 'utf8'),
    // A kernel without IPv6 has no such file.
    readFile(join(directory, 'tcp6'), 'utf8').catch(() => ''),
  ]);
  return [...parseSockets(ipv4), ...parseSockets(ipv6)];
}

/** Lines such as `0: 0100007F:1F90 00000000:0000 0A …`; the first one is the head. */
function parseSockets(text: string): ListeningSocket[] {
  const sockets: ListeningSocket[] = [];
  for (const line of text.split('\n').slice(1)) {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    if (state !== LISTEN || inode === undefined || inode === '0') continue;
    sockets.push({ address: parseHexAddress(address), port: Number.parseInt(port, 16), inode });
  }
  return sockets;
}

/** The kernel prints each four bytes of an address as a number of this machine, which has the lowest byte first. */
function parseHexAddress(text: string): string {
  const words = Buffer.from(text, 'hex').swap32();
  return formatAddress(
    words.length === 4 ? Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), words]) : words,
  );
}
