/**
 * How much the property and adversary tests play: little in `npm test`, which takes seconds; what is claimed in
 * `npm run properties -w @connscan/detector`, which takes an hour and has another seed each time.
 */
const isFull = process.env.CONNSCAN_PROPERTIES === 'full';

/** Random sequences of more than a thousand steps that are compared with the oracle. */
export const PROPERTY_RUNS = isFull ? 10_000 : 40;

/** Shorter ones, in which a worker dies in each step. */
export const DEATH_RUNS = isFull ? 1000 : 25;

/** Trials of each adversary. */
export const TRIALS = isFull ? 1000 : 25;

/** A failure names its seed and path; the seed of `npm test` is always the same. */
export const PROPERTY_SEED = isFull ? Date.now() & 0x7fffffff : 42;
