import type { OutputRow } from '../store/schema.ts';

export type OutputState = 'active' | 'failing' | 'disabled';

/** Failing: the last attempt did not arrive. */
export function outputState({ enabled, last_failed: failed, last_delivered: delivered }: OutputRow): OutputState {
  if (!enabled) return 'disabled';
  return failed && (!delivered || failed > delivered) ? 'failing' : 'active';
}
