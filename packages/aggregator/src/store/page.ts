/** A part of an ordered list: the `limit` rows behind `after` or, when reversed, the nearest ones before `before`. */
export type Page<Position> = {
  readonly limit: number;
  readonly after?: Position | undefined;
  readonly before?: Position | undefined;
  /** Counted from the end: rows come in reverse order. */
  readonly reversed: boolean;
};
