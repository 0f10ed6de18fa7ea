import { formatAddress, parseAddress } from '@connscan/model';
import type { ReplayedDetection } from './what-if-task.ts';

/** Sources that had a detection. Of IPv6 all of their /64: its addresses count together too. */
export type FoundSources = {
  /** Whether the source is among them: the first four words of a sighting. */
  has(words: Int32Array): boolean;
  /** As sightingsCopy chooses sources. */
  list(): string[];
};

const MAPPED = 0xffff_0000 | 0;

export function createFoundSources(detections: readonly Pick<ReplayedDetection, 'source'>[]): FoundSources {
  const ipv4 = new Set<number>();
  /** First half of the prefix to second halves. */
  const ipv6 = new Map<number, Set<number>>();
  const listed = new Set<string>();
  for (const { source } of detections) {
    const bytes = parseAddress(source)!;
    const words = new Int32Array(Uint8Array.from(bytes).buffer);
    if (isIpv4(words)) {
      ipv4.add(words[3]!);
      listed.add(source);
    } else {
      const halves = ipv6.get(words[0]!) ?? new Set();
      ipv6.set(words[0]!, halves.add(words[1]!));
      listed.add(`${formatAddress(Uint8Array.from(bytes).fill(0, 8))}/64`);
    }
  }
  return {
    has: (words) => (isIpv4(words) ? ipv4.has(words[3]!) : (ipv6.get(words[0]!)?.has(words[1]!) ?? false)),
    list: () => [...listed],
  };
}

function isIpv4(words: Int32Array): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === MAPPED;
}
