import { type CursorState, decodeCursorState, encodeCursorState, SLOT_BYTES } from './cursor-state.ts';
import type { SpoolFile, SpoolFiles } from './spool-files.ts';
import { readWhole, writeWhole } from './whole.ts';

/** Two files of one slot each: whichever of them is lost or torn, the other one is whole. */
const SLOTS = ['cursor-0', 'cursor-1'] as const;

/** What a slot holds for certain. */
type Held = { readonly version: number; readonly through: number };

const NOTHING: Held = { version: -1, through: 0 };

/** Where the state of a spool is kept, overwritten in place as that needs no room on a full disk. */
export type Cursor = {
  /** Writes into the older slot; what it returns makes that durable. Both may fail, and may be tried again. */
  write(state: CursorState): Promise<() => Promise<void>>;
  /** The version that one slot at least holds for certain. */
  written(): number;
  /** What both slots hold for certain: what cannot be taken back must wait for this. */
  confirmed(): Held;
  close(): Promise<void>;
};

export type FoundCursor = { readonly slot: 0 | 1; readonly state: CursorState };

/** How to go on where a slot cannot be read: undefined in the end, as the other one may be. */
export type Attempt = <T>(what: string, call: () => Promise<T>) => Promise<T | undefined>;

/** The newest state that is whole; undefined if there is none. */
export async function readCursor(files: SpoolFiles, attempt: Attempt): Promise<FoundCursor | undefined> {
  let newest: FoundCursor | undefined;
  for (const slot of [0, 1] as const) {
    const state = await attempt(SLOTS[slot], () => readSlot(files, SLOTS[slot]));
    if (state && !(newest && newest.state.version >= state.version)) newest = { slot, state };
  }
  return newest;
}

async function readSlot(files: SpoolFiles, name: string): Promise<CursorState | undefined> {
  try {
    const { file } = await files.open(name, 'read');
    try {
      return decodeCursorState((await readWhole(file, Buffer.alloc(SLOT_BYTES), 0)) as Buffer);
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Opens nothing before the first write, which spares the slot `newest`. */
export function createCursor(files: SpoolFiles, newest: 0 | 1 = 1): Cursor {
  const open: (SpoolFile | undefined)[] = [undefined, undefined];
  const held: [Held, Held] = [NOTHING, NOTHING];
  /** Which to take where neither is older. */
  const first = newest === 0 ? 1 : 0;

  async function openSlot(index: 0 | 1): Promise<SpoolFile> {
    const name = SLOTS[index];
    const found = await files.open(name, 'write').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    const file = found?.file ?? (await files.create(name));
    open[index] = file;
    if (found?.bytes === SLOT_BYTES) return file;
    // The room is taken now, while the disk may have it.
    await writeWhole(file, new Uint8Array(SLOT_BYTES), 0);
    await file.sync();
    await files.syncDirectory();
    return file;
  }

  /** After a failure nothing that the handle tells can be trusted, nor what the slot holds. */
  async function distrust(index: 0 | 1): Promise<void> {
    const file = open[index];
    open[index] = undefined;
    await file?.close().catch(() => {});
  }

  async function guarded<T>(index: 0 | 1, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      await distrust(index);
      throw error;
    }
  }

  return {
    write(state) {
      const index = held[0].version === held[1].version ? first : held[0].version < held[1].version ? 0 : 1;
      return guarded(index, async () => {
        const bytes = encodeCursorState(state);
        if (!bytes) throw Object.assign(new Error('the state does not fit into its slot'), { code: 'EMSGSIZE' });
        const file = open[index] ?? (await openSlot(index));
        held[index] = NOTHING;
        await writeWhole(file, bytes, 0);
        return () =>
          guarded(index, async () => {
            await file.sync();
            held[index] = { version: state.version, through: state.through };
          });
      });
    },
    written: () => Math.max(held[0].version, held[1].version),
    confirmed: () => (held[0].version < held[1].version ? held[0] : held[1]),
    async close() {
      await distrust(0);
      await distrust(1);
    },
  };
}
