import { type Outcome, outcomeCode } from '@connscan/model';
import type { Detector } from '../src/index.ts';
import { observeWith } from './observer.ts';

/** One connection to each of `count` ports from `port` on, `everyMs` apart. */
export function scan(
  detector: Detector,
  {
    source = '10.0.0.66',
    destination = '10.1.0.1',
    port = 1,
    count,
    outcome = 'reset',
    fromMs = 0,
    everyMs = 0,
  }: {
    readonly source?: string;
    readonly destination?: string;
    readonly port?: number;
    readonly count: number;
    readonly outcome?: Outcome;
    readonly fromMs?: number;
    readonly everyMs?: number;
  },
): void {
  for (let i = 0; i < count; i++) {
    const atMs = fromMs + i * everyMs;
    observeWith(detector, { source, destination, port: port + i, outcome: outcomeCode(outcome), atMs });
  }
}
