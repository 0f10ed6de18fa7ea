import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Behaviour, Ending, Request } from './peer.ts';

export const SCANNER = { ipv4: '10.231.0.1', ipv6: 'fd00:231::1' };
export const TARGET = { ipv4: '10.231.0.2', ipv6: 'fd00:231::2' };

export type Veth = {
  /** Inodes of the two network namespaces. */
  readonly netns: { readonly scanner: number; readonly target: number };
  /** Listens in the target's namespace. */
  listen(host: string, port: number, behaviour: Behaviour): Promise<void>;
  /** Connects from the scanner's namespace; fulfilled when the scanner's socket is closed. */
  connect(host: string, port: number, ending: Ending): Promise<void>;
  close(): Promise<void>;
};

const PEER = fileURLToPath(new URL('./peer.ts', import.meta.url));

/** Two network namespaces with a wire between them, and a process in each. */
export async function createVeth(): Promise<Veth> {
  const scanner = `probe-${process.pid}-s`;
  const target = `probe-${process.pid}-t`;
  const peers: ChildProcess[] = [];

  function removeNamespaces(): void {
    for (const name of [scanner, target]) {
      try {
        ip('netns', 'del', name);
      } catch {
        // It was never made.
      }
    }
  }
  process.once('exit', removeNamespaces);

  async function close(): Promise<void> {
    for (const peer of peers) {
      peer.disconnect();
      if (peer.exitCode === null) await once(peer, 'exit');
    }
    removeNamespaces();
    process.off('exit', removeNamespaces);
  }

  ip('netns', 'add', scanner);
  ip('netns', 'add', target);
  ip('-n', scanner, 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'wire', 'netns', target);
  for (const [name, { ipv4, ipv6 }] of [[scanner, SCANNER] as const, [target, TARGET] as const]) {
    ip('-n', name, 'addr', 'add', `${ipv4}/24`, 'dev', 'wire');
    // Without nodad the address cannot be used for the first second.
    ip('-n', name, 'addr', 'add', `${ipv6}/64`, 'dev', 'wire', 'nodad');
    ip('-n', name, 'link', 'set', 'wire', 'up');
    const inherit = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
    peers.push(spawn('ip', ['netns', 'exec', name, process.execPath, PEER], { stdio: [...inherit] }));
  }

  async function ask(peer: ChildProcess | undefined, request: Request): Promise<void> {
    peer?.send(request);
    if (peer) await once(peer, 'message');
  }

  return {
    netns: { scanner: inode(scanner), target: inode(target) },
    listen: (host, port, behaviour) => ask(peers[1], { do: 'listen', host, port, behaviour }),
    connect: (host, port, ending) => ask(peers[0], { do: 'connect', host, port, ending }),
    close,
  };
}

function ip(...parameters: string[]): void {
  execFileSync('ip', parameters, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function inode(name: string): number {
  return statSync(`/run/netns/${name}`).ino;
}
