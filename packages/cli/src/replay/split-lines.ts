const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Takes a line without its end, `\n` or `\r\n`. Its bytes are valid until it returns. */
export type OnLine = (bytes: Uint8Array, from: number, to: number) => void;

export type LineSplitter = {
  write(chunk: Uint8Array): void;
  /** A last line without an end is a line too. */
  end(): void;
};

/**
 * Splits chunks into lines, in place but for a line that lies in two of them. One longer than `maxBytes` is told to
 * `onTooLong` instead, and nothing of it is kept.
 */
export function createLineSplitter(maxBytes: number, onLine: OnLine, onTooLong: () => void): LineSplitter {
  const rest = Buffer.alloc(maxBytes);
  let restBytes = 0;
  let tooLong = false;

  function tell(bytes: Uint8Array, from: number, to: number): void {
    const end = to > from && bytes[to - 1] === RETURN ? to - 1 : to;
    if (end - from > maxBytes) onTooLong();
    else onLine(bytes, from, end);
  }

  function keep(chunk: Uint8Array, from: number, to: number): void {
    if (tooLong || restBytes + to - from > maxBytes) tooLong = true;
    else rest.set(chunk.subarray(from, to), restBytes);
    restBytes += to - from;
  }

  function endRest(): void {
    if (tooLong) onTooLong();
    else tell(rest, 0, restBytes);
    restBytes = 0;
    tooLong = false;
  }

  return {
    write(chunk) {
      let from = 0;
      let to = chunk.indexOf(NEWLINE);
      if (restBytes > 0 && to >= 0) {
        keep(chunk, 0, to);
        endRest();
        from = to + 1;
        to = chunk.indexOf(NEWLINE, from);
      }
      for (; to >= 0; to = chunk.indexOf(NEWLINE, from)) {
        tell(chunk, from, to);
        from = to + 1;
      }
      if (from < chunk.length) keep(chunk, from, chunk.length);
    },
    end() {
      if (restBytes > 0) endRest();
    },
  };
}
