import type { ModelPolicy, Sighting } from '@connscan/model';
import { advance } from './advance.ts';
import type { Alert } from './alert.ts';
import { beginAnswer, endAnswer, takeAlerts, takeSightings } from './answer.ts';
import type { Batch } from './batch.ts';
import { type Counters, countersOf } from './counters.ts';
import { type Habit, habitsOf } from './habits.ts';
import { H_AT_MS, H_IN_PROGRESS, H_PENDING_ALERTS, H_RECOVERIES, H_UNDO, WORKING } from './layout.ts';
import { limitsOf } from './limits.ts';
import { lookAtAll } from './move-clock.ts';
import { observe } from './observe.ts';
import { createHints, observeMany } from './observe-many.ts';
import { recover } from './recover.ts';
import { type IsProcess, viewShard } from './shard.ts';
import { tellAlerts } from './take-alerts.ts';
import { tellSightings } from './take-sightings.ts';

/** The tables of one shard at work. Nothing but views lives here; one worker at a time may use a shard. */
export type Detector = {
  /**
   * One record. The addresses are 16 bytes each, as four words of `words` from the places `source` and `destination`
   * on, in the byte order of the machine; `outcome` is the code of the record; `atMs` is boot-clock time; `process` the
   * serial number of the process that connects, 0 if unknown, which `isProcess` knows. Allocates nothing. Ignored and
   * late records are counted.
   */
  observe(
    words: ArrayLike<number>,
    source: number,
    destination: number,
    port: number,
    outcome: number,
    atMs: number,
    process?: number,
  ): void;
  /**
   * The first `records` of a batch, in order, as observe takes them one by one, but faster. A worker's death in between
   * leaves those done that were done.
   */
  observeMany(words: ArrayLike<number>, batch: Batch, records: number): void;
  /**
   * Moves time: open episodes go on or end, habits whose beat stopped count again, idle sources are freed. An earlier time
   * than the last changes nothing. `wallOffsetMs` is wall-clock minus boot-clock time, by which exceptions expire.
   */
  advance(nowMs: number, wallOffsetMs?: number): void;
  /** Episodes with an alert to take: a cheap look before takeAlerts. */
  pendingAlerts(): number;
  /** The alerts raised since the last call; of one episode in order. */
  takeAlerts(): Alert[];
  /**
   * At most `limit` (source, service, outcome) rows touched since they were last taken, in boot-clock time. Reset and
   * empty close of a service are one row, with the outcome of its latest connection. Fewer than `limit` is all.
   */
  takeSightings(limit: number): Sighting[];
  /** As takeAlerts, but in an answer that may be lost: until `arrived` says that it was not, they are kept. */
  tellAlerts(answer: number): Alert[];
  /** As takeSightings, in such an answer. */
  tellSightings(answer: number, limit: number): Sighting[];
  /**
   * The number, from 1, of the last answer that arrived: what it told is forgotten, and what was told in a later one is
   * told again. Due before any record that comes after the answer.
   */
  arrived(answer: number): void;
  /** Every service that is habitual, of every source. Walks the whole table. */
  habits(): Habit[];
  /** From now on this policy rules; what is in the window keeps the class it came with. */
  usePolicy(policy: ModelPolicy): void;
  counters(): Counters;
};

/**
 * Takes up a shard that createShard made, on whichever thread. When a worker died while it changed the tables, the
 * first call of any worker rebuilds them; the record or the advance it was at may be done again, and detections are
 * as if nothing had happened: only its count of connections can be one too high, and its first seen time too late.
 * The policy is that of this view: each worker's own. Throws ConnscanError BAD_PAYLOAD for another buffer.
 */
export function openDetector(
  buffer: SharedArrayBuffer,
  policy: ModelPolicy,
  { isProcess }: { readonly isProcess?: IsProcess } = {},
): Detector {
  const shard = viewShard(buffer, policy, isProcess);
  const { words } = shard;
  const hints = createHints();
  // Plain stores do: a worker is only ever stopped where its engine has written everything back.
  const begin = () => {
    if (words[H_IN_PROGRESS] !== 0) {
      if (words[H_IN_PROGRESS] === WORKING) shard.times[H_RECOVERIES]!++;
      recover(shard);
    }
    words[H_IN_PROGRESS] = WORKING;
  };
  const end = () => {
    words[H_UNDO] = 0;
    words[H_IN_PROGRESS] = 0;
  };
  begin();
  end();
  return {
    observe(addresses, source, destination, port, outcome, atMs, process = 0) {
      begin();
      shard.times[H_AT_MS] = atMs;
      observe(shard, addresses, source, destination, port, outcome, process, 0);
      end();
    },
    observeMany(addresses, batch, records) {
      begin();
      observeMany(shard, hints, addresses, batch, records);
      end();
    },
    advance(nowMs, wallOffsetMs = 0) {
      begin();
      advance(shard, nowMs, wallOffsetMs);
      end();
    },
    pendingAlerts: () => words[H_PENDING_ALERTS]!,
    takeAlerts() {
      begin();
      const alerts = takeAlerts(shard);
      end();
      return alerts;
    },
    takeSightings(limit) {
      begin();
      const rows = takeSightings(shard, limit);
      end();
      return rows;
    },
    tellAlerts(answer) {
      begin();
      beginAnswer(shard, answer);
      const alerts = tellAlerts(shard);
      end();
      return alerts;
    },
    tellSightings(answer, limit) {
      begin();
      beginAnswer(shard, answer);
      const rows = tellSightings(shard, limit);
      end();
      return rows;
    },
    arrived(answer) {
      begin();
      endAnswer(shard, answer);
      end();
    },
    usePolicy(next) {
      begin();
      shard.limits = limitsOf(next);
      lookAtAll(shard);
      end();
    },
    habits: () => habitsOf(shard),
    counters: () => countersOf(shard),
  };
}
