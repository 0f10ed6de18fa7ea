import { E_META, H_UNDO, UNDO_WORDS } from '../src/layout.ts';
import { words } from './tables.ts';

/** What a worker's death in the middle of changing an entry must not do twice is put back to what it was. */
export function saveUndo(at: i32): void {
  for (let word = 0; word < UNDO_WORDS; word++) words[H_UNDO + 1 + word] = words[at + E_META + word];
  words[H_UNDO] = at;
}
