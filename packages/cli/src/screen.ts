/** What text is written for. */
export type Screen = {
  /** Columns of a terminal; infinite where lines may be of any length. */
  readonly width: number;
  readonly colours: boolean;
};

/** A file or a pipe. */
export const PLAIN: Screen = { width: Number.POSITIVE_INFINITY, colours: false };

type Output = { readonly isTTY?: boolean; readonly columns?: number; readonly hasColors?: () => boolean };

/** The screen behind a stream; one with colours is a terminal that has them, where NO_COLOR is not set. */
export function screenOf(output: Output): Screen {
  if (!output.isTTY) return PLAIN;
  // A terminal that does not tell its size says 0.
  return { width: output.columns || PLAIN.width, colours: output.hasColors?.() ?? false };
}
