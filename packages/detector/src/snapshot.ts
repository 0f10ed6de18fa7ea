import { H_IN_PROGRESS, RESTORED } from './layout.ts';
import { createMemory, tablesOf } from './tables.ts';

/** A copy of all that a shard holds, secrets too, as bytes for a file. No worker may be at work on it. */
export function saveShard(memory: WebAssembly.Memory): Uint8Array {
  return tablesOf(memory).bytes.slice();
}

/**
 * The shard of such bytes. What follows from its records is made anew, so that nothing in it can lead astray. Throws
 * ConnscanError BAD_PAYLOAD for bytes that are no whole shard of this version; whether they are those that were saved is for
 * the file's checksum to say.
 */
export function restoreShard(bytes: Uint8Array): WebAssembly.Memory {
  const memory = createMemory(bytes.byteLength);
  new Uint8Array(memory.buffer).set(bytes);
  tablesOf(memory).words[H_IN_PROGRESS] = RESTORED;
  return memory;
}
