import type { ModelReplay } from '@connscan/detector';
import { LATEST_WALL_MS, outcomeOf } from '@connscan/model';
import {
  LOCAL_ADDRESS_WORD,
  RECORD_FLAGS,
  REMOTE_ADDRESS_WORD,
  recordEndedMs,
  recordFlags,
  recordLifetimeLog2Ms,
  recordLocalPort,
  recordOriginatorBytes,
  recordOutcome,
  recordRemotePort,
} from '@connscan/probe';
import type { ConnectionLimits } from './connection.ts';
import { CONNECTION, PROBLEM, SKIP, type Verdict } from './verdict.ts';

/**
 * Shows a record of the probe to the detectors, as the agent does. The probe let through what its own limits allow;
 * narrower ones hold here too, but of the lifetime a record has only the power of two below it.
 */
export function replayRecord(
  replay: ModelReplay,
  limits: ConnectionLimits,
  words: Int32Array,
  at: number,
  wallOffsetMs: number,
): Verdict {
  const flags = recordFlags(words, at);
  const outcome = recordOutcome(words, at);
  const atMs = recordEndedMs(words, at) + wallOffsetMs;
  if (!outcomeOf(outcome) || !(atMs >= 0 && atMs <= LATEST_WALL_MS)) return PROBLEM.BAD_RECORD;
  replay.moveTo(atMs);
  if ((flags & RECORD_FLAGS.roleKnown) === 0) return SKIP.ROLE_UNKNOWN;
  if (recordOriginatorBytes(words, at) > limits.maxOriginatorBytes) return SKIP.TALKED;
  if (2 ** recordLifetimeLog2Ms(words, at) > limits.maxLifetimeMs) return SKIP.LONG_LIVED;
  const local = at + LOCAL_ADDRESS_WORD;
  const remote = at + REMOTE_ADDRESS_WORD;
  const isShown =
    flags & RECORD_FLAGS.active
      ? replay.observe(words, local, remote, recordRemotePort(words, at), outcome, atMs)
      : replay.observe(words, remote, local, recordLocalPort(words, at), outcome, atMs);
  return isShown ? CONNECTION : SKIP.OUTSIDE;
}
