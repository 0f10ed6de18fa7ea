import type { SpoolFile, SpoolFiles } from '../../src/spool/spool-files.ts';

/** Bytes that a disk writes whole or not at all. */
const SECTOR_BYTES = 512;

export type Call = 'makeDirectory' | 'list' | 'create' | 'open' | 'rename' | 'remove' | 'syncDirectory' | FileCall;
type FileCall = 'write' | 'read' | 'sync';

/** What goes wrong until it is changed. */
export type Faults = {
  /** Bytes of all files at most. */
  capacityBytes: number;
  maxFileBytes: number;
  readOnly: boolean;
  /** Calls do not end before this does. */
  hangs: boolean;
  shortWrites: boolean;
  /** So many of the next calls of a kind fail with EIO. */
  failures: Map<Call, number>;
  /** The process dies in so many calls. */
  dieIn: number;
};

export type Death = 'kill' | 'power cut';

/** A disk with one directory. What was not synchronised may be there after a power cut, or not, or partly. */
export type SimulatedDisk = {
  readonly faults: Faults;
  /** The file system as a new process sees it; calls of one that has died never end. */
  boot(): SpoolFiles;
  die(death: Death): void;
  /** Resolves when the process that was booted last dies. */
  died(): Promise<void>;
  isDead(): boolean;
  /** Calls so far. */
  calls(): number;
  /** What stands in the directory. */
  contents(): ReadonlyMap<string, Buffer>;
  usedBytes(): number;
};

type Write = { readonly bytes: Buffer; readonly position: number; isDoomed: boolean };
type Inode = { durable: Buffer; current: Buffer; unsynced: Write[] };
type NameChange = { readonly name: string; readonly inode: Inode | undefined };

export const NO_FAULTS = (): Faults => ({
  capacityBytes: Number.POSITIVE_INFINITY,
  maxFileBytes: Number.POSITIVE_INFINITY,
  readOnly: false,
  hangs: false,
  shortWrites: false,
  failures: new Map(),
  dieIn: Number.POSITIVE_INFINITY,
});

/** `random` gives whole numbers below a bound; everything that happens follows from it and from the calls. */
export function createSimulatedDisk(
  random: (below: number) => number,
  contents: Iterable<readonly [string, Buffer]> = [],
): SimulatedDisk {
  const faults = NO_FAULTS();
  let names = new Map(
    Array.from(contents, ([name, bytes]): [string, Inode] => [
      name,
      { durable: Buffer.from(bytes), current: Buffer.from(bytes), unsynced: [] },
    ]),
  );
  let durableNames = new Map(names);
  let nameChanges: NameChange[] = [];
  let generation = 0;
  let calls = 0;
  let death = Promise.withResolvers<void>();
  let isDead = false;

  /**
   * After a failed synchronisation nothing says which of its writes are on the disk, and no later one brings them there. Only
   * what is written over them takes their place for good.
   */
  function sync(inode: Inode): void {
    const written = inode.unsynced.filter(({ isDoomed }) => !isDoomed);
    for (const write of written) inode.durable = patch(inode.durable, write);
    inode.unsynced = inode.unsynced.filter(
      (write) => write.isDoomed && !written.some((other) => overlap(write, other)),
    );
  }

  function setName(name: string, inode: Inode | undefined): void {
    if (inode) names.set(name, inode);
    else names.delete(name);
    nameChanges.push({ name, inode });
  }

  function die(kind: Death): void {
    generation++;
    isDead = true;
    if (kind === 'power cut') {
      for (const { name, inode } of nameChanges) {
        if (random(2) === 0) continue;
        if (inode) durableNames.set(name, inode);
        else durableNames.delete(name);
      }
      names = new Map(durableNames);
      for (const inode of new Set(names.values())) {
        for (const write of inode.unsynced) tear(inode, write);
        inode.current = Buffer.from(inode.durable);
        inode.unsynced = [];
      }
      nameChanges = [];
    }
    death.resolve();
  }

  /** None, all or some of its sectors. */
  function tear(inode: Inode, { bytes, position }: Write): void {
    const luck = random(3);
    for (let start = 0; start < bytes.length; start += SECTOR_BYTES) {
      if (luck === 0 || (luck === 1 && random(2) === 0)) continue;
      const part = bytes.subarray(start, start + SECTOR_BYTES);
      inode.durable = patch(inode.durable, { bytes: part, position: position + start });
    }
  }

  const usedBytes = () => [...new Set(names.values())].reduce((sum, { current }) => sum + current.length, 0);

  function boot(): SpoolFiles {
    const mine = generation;
    isDead = false;
    death = Promise.withResolvers<void>();

    /** Dies, fails, or does it; `onFailure` is what a failed call does all the same. */
    async function call<T>(name: Call, run: () => T, onFailure: () => void = () => {}): Promise<T> {
      for (let turns = 1 + random(2); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
      while (faults.hangs && mine === generation) await new Promise((resolve) => setImmediate(resolve));
      if (mine !== generation) return new Promise(() => {});
      calls++;
      if (--faults.dieIn < 0) {
        faults.dieIn = Number.POSITIVE_INFINITY;
        if (random(2) === 0) run();
        die(random(2) === 0 ? 'kill' : 'power cut');
        return new Promise(() => {});
      }
      const failures = faults.failures.get(name) ?? 0;
      if (failures > 0) {
        faults.failures.set(name, failures - 1);
        onFailure();
        throw errno('EIO');
      }
      return run();
    }

    const find = (name: string): Inode => {
      const inode = names.get(name);
      if (!inode) throw errno('ENOENT');
      return inode;
    };
    const mayChange = () => {
      if (faults.readOnly) throw errno('EROFS');
    };
    const wrap = (inode: Inode): SpoolFile => ({
      write: (bytes, position) =>
        call('write', () => {
          mayChange();
          const room = faults.capacityBytes - usedBytes() + inode.current.length;
          const end = Math.min(position + bytes.length, Math.max(room, inode.current.length));
          if (end <= position) throw errno('ENOSPC');
          if (position >= faults.maxFileBytes) throw errno('EFBIG');
          const most = Math.min(end, faults.maxFileBytes) - position;
          const length = faults.shortWrites ? 1 + random(most) : most;
          const write = { bytes: Buffer.from(bytes.subarray(0, length)), position, isDoomed: false };
          inode.current = patch(inode.current, write);
          inode.unsynced.push(write);
          return length;
        }),
      read: (bytes, position) =>
        call('read', () => inode.current.copy(bytes, 0, position, position + Math.max(1, random(2 * bytes.length)))),
      sync: () =>
        call(
          'sync',
          () => {
            mayChange();
            sync(inode);
          },
          () => {
            for (const write of inode.unsynced) write.isDoomed = true;
          },
        ),
      close: async () => {},
    });

    return {
      makeDirectory: () => call('makeDirectory', () => {}),
      list: () => call('list', () => [...names.keys()]),
      create: (name) =>
        call('create', () => {
          mayChange();
          if (names.has(name)) throw errno('EEXIST');
          if (usedBytes() >= faults.capacityBytes) throw errno('ENOSPC');
          const inode: Inode = { durable: Buffer.alloc(0), current: Buffer.alloc(0), unsynced: [] };
          setName(name, inode);
          return wrap(inode);
        }),
      open: (name, access) =>
        call('open', () => {
          const inode = find(name);
          if (access === 'write') mayChange();
          return { file: wrap(inode), bytes: inode.current.length };
        }),
      rename: (from, to) =>
        call('rename', () => {
          mayChange();
          setName(to, find(from));
          setName(from, undefined);
        }),
      remove: (name) =>
        call('remove', () => {
          mayChange();
          find(name);
          setName(name, undefined);
        }),
      syncDirectory: () =>
        call('syncDirectory', () => {
          mayChange();
          durableNames = new Map(names);
          nameChanges = [];
        }),
    };
  }

  return {
    faults,
    boot,
    die,
    died: () => death.promise,
    isDead: () => isDead,
    calls: () => calls,
    contents: () => new Map([...names].map(([name, { current }]) => [name, current])),
    usedBytes,
  };
}

function overlap(a: Write, b: Write): boolean {
  return a.position < b.position + b.bytes.length && b.position < a.position + a.bytes.length;
}

function patch(content: Buffer, { bytes, position }: Pick<Write, 'bytes' | 'position'>): Buffer {
  const end = position + bytes.length;
  const patched = end > content.length ? Buffer.concat([content, Buffer.alloc(end - content.length)]) : content;
  bytes.copy(patched, position);
  return patched;
}

function errno(code: string): Error {
  return Object.assign(new Error(`${code}, simulated`), { code });
}
