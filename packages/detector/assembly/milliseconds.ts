/** The lower 32 bits of a time, which entries keep. */
export function lowBits(ms: f64): i32 {
  return ms as i64 as i32;
}

/** Milliseconds from such a time up to `nowMs`, exact up to 2^32. */
export function since(low: i32, nowMs: f64): f64 {
  return (lowBits(nowMs) - low) as u32 as f64;
}
