import { outcomeCode } from '@connscan/model';

/** Codes of the model's outcomes. */
const RESET = outcomeCode('reset');
const EMPTY_CLOSE = outcomeCode('empty_close');
export const RESPONDER_RESET = outcomeCode('responder_reset');
const REFUSED = outcomeCode('refused');
const UNANSWERED = outcomeCode('unanswered');

/** What a conn_state says of an end without its history: the code of an outcome, or one of these. */
export const NOT_ENDED = 0;
export const UNKNOWN_STATE = -1;

/**
 * The outcome that a conn_state stands for. https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html
 * has their meaning: S1 goes on, S3 was not closed by its originator, the beginning of OTH, RSTRH and SHR was missed.
 */
export function outcomeOfState(bytes: Uint8Array, from: number, to: number): number {
  switch (to - from) {
    case 2:
      return outcomeOfTwo((bytes[from]! << 8) | bytes[from + 1]!);
    case 3:
      if (is(bytes, from, 'REJ')) return REFUSED;
      return is(bytes, from, 'OTH') || is(bytes, from, 'SHR') ? NOT_ENDED : UNKNOWN_STATE;
    case 4:
      if (is(bytes, from, 'RSTO')) return RESET;
      return is(bytes, from, 'RSTR') ? RESPONDER_RESET : UNKNOWN_STATE;
    case 5:
      return is(bytes, from, 'RSTRH') ? NOT_ENDED : UNKNOWN_STATE;
    case 6:
      return is(bytes, from, 'RSTOS0') ? UNANSWERED : UNKNOWN_STATE;
    default:
      return UNKNOWN_STATE;
  }
}

function outcomeOfTwo(letters: number): number {
  switch (letters) {
    case 0x5346: // SF
    case 0x5332: // S2: the originator has closed, the other side has not answered that yet
      return EMPTY_CLOSE;
    case 0x5330: // S0
    case 0x5348: // SH
      return UNANSWERED;
    case 0x5331: // S1
    case 0x5333: // S3
      return NOT_ENDED;
    default:
      return UNKNOWN_STATE;
  }
}

/**
 * The outcome by the history of a connection, which is in the order of its packets: named after the originator's first closing
 * act, as the probe does, unless the other side's reset came before it. Without the originator's ACK it never was
 * a connection. What the history does not tell is as the state told.
 */
export function outcomeOfHistory(bytes: Uint8Array, from: number, to: number, told: number): number {
  if (told === UNANSWERED) return told;
  let established = false;
  for (let at = from; at < to; at++) {
    switch (bytes[at]) {
      case 0x41: // A, a pure ACK of the originator
      case 0x44: // D, data of the originator
        established = true;
        break;
      case 0x46: // F
        return established ? EMPTY_CLOSE : UNANSWERED;
      case 0x52: // R
        return established ? RESET : UNANSWERED;
      case 0x72: // r
        return established ? RESPONDER_RESET : REFUSED;
    }
  }
  return told;
}

function is(bytes: Uint8Array, from: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[from + i] !== word.charCodeAt(i)) return false;
  return true;
}
