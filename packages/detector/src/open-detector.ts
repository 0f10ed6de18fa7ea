import type { ModelPolicy, Sighting } from '@connscan/model';
import type { Alert } from './alert.ts';
import { beginAnswer, endAnswer, takeAlerts, takeSightings } from './answer.ts';
import { type Counters, countersOf } from './counters.ts';
import { type Habit, habitsOf } from './habits.ts';
import { BATCH_LINES, H_IN_PROGRESS, H_PENDING_ALERTS, H_RECOVERIES, H_UNDO, WORKING } from './layout.ts';
import { limitsOf } from './limits.ts';
import { putRecord } from './put-record.ts';
import { type DetectorOptions, viewShard } from './shard.ts';
import { tellAlerts } from './take-alerts.ts';
import { tellSightings } from './take-sightings.ts';

/** The tables of one shard at work. Nothing but views lives here; one worker at a time may use a shard. */
export type Detector = {
  /**
   * Puts one record into the batch, which is observed once it holds 32. The addresses are 16 bytes each, as four words of
   * `from` from the places `source` and `destination` on, in the byte order of the machine; `outcome` is the code of the
   * record; `atMs` is boot-clock time; `process` the serial number of the process that connects, 0 if unknown, which
   * `isProcess` knows. Allocates nothing. Ignored and late records are counted.
   */
  add(
    from: ArrayLike<number>,
    source: number,
    destination: number,
    port: number,
    outcome: number,
    atMs: number,
    process?: number,
  ): void;
  /**
   * Observes what is in the batch, in order. Due before anything else is asked of the tables. A worker's death in between
   * leaves those records done that were done.
   */
  flush(): void;
  /**
   * Moves time: open episodes go on or end, habits whose beat stopped count again, idle sources are freed. An earlier time
   * than the last changes nothing. `wallOffsetMs` is wall-clock minus boot-clock time, by which exceptions expire.
   */
  advance(nowMs: number, wallOffsetMs?: number): void;
  /**
   * Moves time behind that of a record that is to be added, as a replay does: see assembly/move-time.ts. False if there are
   * alerts to take before it goes on.
   */
  moveTo(atMs: number): boolean;
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
 * The policy is that of this view: each worker's own. Throws ConnscanError BAD_PAYLOAD for another memory.
 */
export function openDetector(memory: WebAssembly.Memory, policy: ModelPolicy, options: DetectorOptions = {}): Detector {
  const shard = viewShard(memory, policy, options);
  const { words, times, core } = shard;
  let records = 0;
  // Plain stores do: a worker is only ever stopped where its engine has written everything back.
  const begin = () => {
    if (words[H_IN_PROGRESS] !== 0) {
      if (words[H_IN_PROGRESS] === WORKING) times[H_RECOVERIES]!++;
      core.recover();
    }
    words[H_IN_PROGRESS] = WORKING;
  };
  const end = () => {
    words[H_UNDO] = 0;
    words[H_IN_PROGRESS] = 0;
  };
  const flush = () => {
    if (records === 0) return;
    const added = records;
    // Before, as they come once more if this worker dies or an error ends the drain.
    records = 0;
    begin();
    core.observeMany(added);
    end();
  };
  begin();
  end();
  return {
    add(from, source, destination, port, outcome, atMs, process = 0) {
      putRecord(shard, records, from, source, destination, port, outcome, atMs, process);
      if (++records === BATCH_LINES) flush();
    },
    flush,
    advance(nowMs, wallOffsetMs = 0) {
      begin();
      core.advance(nowMs, wallOffsetMs);
      end();
    },
    moveTo(atMs) {
      begin();
      const isThere = core.moveTime(atMs) !== 0;
      end();
      return isThere;
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
      shard.useLimits(limitsOf(next));
      core.lookAtAll();
      end();
    },
    habits: () => habitsOf(shard),
    counters: () => countersOf(shard),
  };
}
