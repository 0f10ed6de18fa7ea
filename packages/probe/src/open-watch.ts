import { type Cidr, ConnscanError, type Side } from '@connscan/model';
import { COUNTER_WORDS, type ProbeCounters, sumCounters } from './counters.ts';
import { createKernelSet } from './kernel-set.ts';
import type { Native } from './native.ts';
import { descriptorsOf, type ProbeFds } from './probe-fds.ts';
import { orRefuse } from './refuse.ts';

/** Limits in the kernel that can change while the probe runs, as in the policy. */
export type ProbeLimits = {
  readonly maxOriginatorBytes: number;
  readonly maxLifetimeSeconds: number;
  /** Where the originator and the responder must be, in any of these ways; both inside if left out. */
  readonly sides?: readonly Sides[];
};

/** Inside or outside of the internal ranges. */
export type Sides = { readonly from: Side; readonly to: Side };

const INSIDE: readonly Sides[] = [{ from: 'internal', to: 'internal' }];

/** A loaded probe or trace; see `Probe`. */
export type Watch = {
  attach(): void;
  counters(): ProbeCounters;
  setInternal(cidrs: readonly Cidr[]): void;
  setNetns(inodes: readonly number[] | undefined): void;
  setLimits(limits: ProbeLimits): void;
  handOver(): ProbeFds;
  detach(): void;
  close(): void;
};

const MAX_NETNS = 512;

/** Words of `struct connscan_settings`. */
export const SETTINGS = { maxOriginatorBytes: 0, maxLifetimeTicks: 1, scoped: 2, sides: 3 } as const;

/** Takes the descriptors over, also when it throws: PROBE_REFUSED. Needs no privilege but for `attach`. */
export function openWatch(native: Native, fds: ProbeFds): Watch {
  const { counters, settings, internal, scope } = fds;
  const internalSet = createKernelSet(native, internal, fds.internalKeys);
  const scopeSet = createKernelSet(native, scope, fds.scopeKeys);
  const pages: ArrayBuffer[] = [];
  let links = [...fds.links];
  let open = true;

  function map(fd: number, bytes: number, writable: boolean): ArrayBuffer {
    const whole = Math.ceil(bytes / native.pageBytes) * native.pageBytes;
    const mapped = orRefuse(() => native.map(fd, 0, whole, writable));
    pages.push(mapped);
    return mapped;
  }

  function end(): void {
    for (const page of pages) native.unmap(page);
    open = false;
  }

  function close(): void {
    if (!open) return;
    end();
    // The links come first, and so the programs end before what they use.
    for (const fd of descriptorsOf({ ...fds, links })) native.close(fd);
  }

  function checkOpen(): void {
    if (!open) throw new ConnscanError('PROBE_REFUSED', 'the probe is closed\nOpen the probe again.');
  }

  /** Events that the counting programs missed; paths that were missed are unknown, no more. */
  function recursionMisses(): number {
    const { on_exec: _, on_listener: __, ...counting } = fds.programs;
    return Object.values(counting).reduce((sum, program) => sum + native.recursionMisses(program), 0);
  }

  let cells: BigUint64Array;
  let words: Uint32Array;
  try {
    cells = new BigUint64Array(
      map(counters.fd, counters.cells * COUNTER_WORDS * 8, false),
      0,
      counters.cells * COUNTER_WORDS,
    );
    words = new Uint32Array(map(settings, native.pageBytes, true));
  } catch (error) {
    close();
    throw error;
  }

  return {
    attach() {
      const { on_listener: listeners, ...attached } = fds.programs;
      if (listeners !== undefined) orRefuse(() => native.iterate(listeners));
      for (const program of Object.values(attached)) links.push(orRefuse(() => native.attach(program)));
    },
    counters() {
      checkOpen();
      return sumCounters(cells, orRefuse(recursionMisses));
    },
    setInternal(cidrs) {
      checkOpen();
      internalSet.replace(cidrs.map(internalKey));
    },
    setNetns(inodes) {
      checkOpen();
      // In either order, what is in the old and the new scope is in scope between any two of these steps.
      if (!inodes) Atomics.store(words, SETTINGS.scoped, 0);
      scopeSet.replace(scopeKeys(inodes ?? []));
      if (inodes) Atomics.store(words, SETTINGS.scoped, 1);
    },
    setLimits({ maxOriginatorBytes, maxLifetimeSeconds, sides = INSIDE }) {
      checkOpen();
      Atomics.store(words, SETTINGS.maxOriginatorBytes, maxOriginatorBytes);
      Atomics.store(words, SETTINGS.maxLifetimeTicks, Math.floor((maxLifetimeSeconds * 1e6) / native.tickUs));
      Atomics.store(
        words,
        SETTINGS.sides,
        sides.reduce((bits, ways) => bits | (1 << placeOf(ways)), 0),
      );
    },
    handOver() {
      checkOpen();
      end();
      return { ...fds, links, internalKeys: internalSet.elements(), scopeKeys: scopeSet.elements() };
    },
    detach() {
      checkOpen();
      for (const link of links) native.close(link);
      links = [];
    },
    close,
  };
}

/** `SIDES()` of bpf/connscan.h */
function placeOf({ from, to }: Sides): number {
  return (from === 'internal' ? 2 : 0) + (to === 'internal' ? 1 : 0);
}

/** `struct internal_key` */
function internalKey({ bytes, prefixBits }: Cidr): Uint8Array {
  const key = new Uint8Array(20);
  new DataView(key.buffer).setUint32(0, prefixBits, true);
  key.set(bytes, 4);
  return key;
}

function scopeKeys(inodes: readonly number[]): Uint8Array[] {
  if (inodes.length > MAX_NETNS || inodes.some((inode) => !Number.isInteger(inode) || inode < 1 || inode >= 2 ** 32)) {
    throw new ConnscanError('BAD_USAGE', `netns: must be at most ${MAX_NETNS} inodes of network namespaces`);
  }
  return inodes.map((inode) => new Uint8Array(Uint32Array.of(inode).buffer));
}
