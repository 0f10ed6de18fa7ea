import { execFileSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Host } from '@connscan/lab';

/** One side of the tests' connections: peer.c, on a host of a lab. */
export type Peer = {
  readonly host: Host;
  /** Does one step of peer.c; throws if it gives another answer than the one expected, by default "ok". */
  step(words: string, expected?: string): Promise<void>;
};

const DIRECTORY = fileURLToPath(new URL('.', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../build/peer', import.meta.url));

/** Builds peer.c and starts it on `host`, to talk with its like on `other`; it ends with the lab. */
export function startPeer(host: Host, other: Host): Peer {
  execFileSync('make', ['-s', '-C', DIRECTORY]);
  const child = host.spawn(PROGRAM, [other.address, other.address6]);
  const answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    host,
    async step(words, expected = 'ok') {
      child.stdin!.write(`${words}\n`);
      const { value } = await answers.next();
      if (value !== expected) throw new Error(`${words}: ${value ?? 'the peer ended'} instead of ${expected}`);
    },
  };
}
