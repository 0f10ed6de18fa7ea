import { ConnscanError } from '@connscan/model';
import { H_IN_PROGRESS, H_MAGIC, H_VERSION, MAGIC, RESTORED, VERSION } from './layout.ts';
import { tablesOf } from './shard.ts';

/** A copy of all that a shard holds, secrets too, as bytes for a file. No worker may be at work on it. */
export function saveShard(buffer: SharedArrayBuffer): Uint8Array {
  return new Uint8Array(buffer).slice();
}

/**
 * The shard of such bytes. What follows from its records is made anew, so that nothing in it can lead astray. Throws
 * ConnscanError BAD_PAYLOAD for bytes that are no whole shard of this version; whether they are those that were saved is for
 * the file's checksum to say.
 */
export function restoreShard(bytes: Uint8Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(bytes.byteLength);
  new Uint8Array(buffer).set(bytes);
  const words = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
  if (words.length < 16 || words[H_MAGIC] !== MAGIC || words[H_VERSION] !== VERSION) {
    throw new ConnscanError('BAD_PAYLOAD', `not a detector shard of version ${VERSION}`);
  }
  tablesOf(buffer);
  words[H_IN_PROGRESS] = RESTORED;
  return buffer;
}
