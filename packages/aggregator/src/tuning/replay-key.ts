/** Of the hash tables of a what-if. Any would do: no table of it is met by an attacker who learns from it. */
export const REPLAY_KEY = [0x5eed, 0x1f] as const;
