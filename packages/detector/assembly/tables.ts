/** The memory as 32-bit words. Any index is that of a word from its start. */
class Words {
  [key: number]: i32;

  @inline
  @operator('[]')
  get(at: i32): i32 {
    return load<i32>((at as usize) << 2);
  }

  @inline
  @operator('[]=')
  set(at: i32, value: i32): void {
    store<i32>((at as usize) << 2, value);
  }

  @inline
  fill(value: u8, from: i32, to: i32): void {
    memory.fill((from as usize) << 2, value, ((to - from) as usize) << 2);
  }

  @inline
  copyWithin(to: i32, from: i32, end: i32): void {
    memory.copy((to as usize) << 2, (from as usize) << 2, ((end - from) as usize) << 2);
  }
}

/** As unsigned 16-bit halves. */
class Halves {
  [key: number]: i32;

  @inline
  @operator('[]')
  get(at: i32): i32 {
    return load<u16>((at as usize) << 1);
  }

  @inline
  @operator('[]=')
  set(at: i32, value: i32): void {
    store<u16>((at as usize) << 1, value as u16);
  }
}

/** As 64-bit floats, which are times in milliseconds, and counters. */
class Times {
  [key: number]: f64;

  @inline
  @operator('[]')
  get(at: i32): f64 {
    return load<f64>((at as usize) << 3);
  }

  @inline
  @operator('[]=')
  set(at: i32, value: f64): void {
    store<f64>((at as usize) << 3, value);
  }

  @inline
  fill(value: u8, from: i32, to: i32): void {
    memory.fill((from as usize) << 3, value, ((to - from) as usize) << 3);
  }
}

/** Views of the memory, as the typed arrays of src/shard.ts: nothing else is in it, so their pointer is of no use. */
export const words: Words = changetype<Words>(0);
export const halves: Halves = changetype<Halves>(0);
export const times: Times = changetype<Times>(0);

/** First line of each table, and the line behind its last; set by src/core.ts. */
export let sourcesFrom: i32 = 0;
export let episodesFrom: i32 = 0;
export let arenaFrom: i32 = 0;
export let arenaLines: i32 = 0;
/** First word of the owners and of the buckets. */
export let owners: i32 = 0;
export let buckets: i32 = 0;
export let bucketMask: i32 = 0;
/** The secret of the hash tables. */
export let key0: i32 = 0;
export let key1: i32 = 0;
