/** Clocks of two hosts may differ by so much, in milliseconds, and a sensor that is overloaded tells so late. */
export const TOLD_WITHIN_MS = 3_600_000;
