import assert from 'node:assert/strict';
import { type Batch, type BatchKind, decodeLosses, type Loss } from '@connscan/wire';
import { openSpool, type Spool, type SpoolReader } from '../../src/spool/open-spool.ts';
import { createSimulatedDisk, type Death, NO_FAULTS, type SimulatedDisk } from './simulated-disk.ts';

const MAX_BYTES = 128 * 1024;
const MAX_MEMORY_BYTES = 64 * 1024;

/** Turns of the event loop without a call of the disk after which a spool has nothing to do. */
const QUIET_TURNS = 6;

/** More than a spool waits before it tries a disk again. */
const PATIENCE_MS = 60_000;

type Appended = {
  readonly id: number;
  /** Its place, once that is known: at once, but for a spool that stands in for another one. */
  epoch: string | undefined;
  seq: number | undefined;
  isDurable: boolean;
  /** While it was durable. */
  isAcknowledged: boolean;
};

/** What the aggregator has of one epoch. */
type Received = { readonly ids: Map<number, string>; readonly losses: Map<number, Loss[]> };

/** A spool on a simulated disk, the aggregator behind it, and what must hold between them whatever happens. */
export type SpoolWorld = {
  readonly disk: SimulatedDisk;
  append(kind: BatchKind, bytes: number): void;
  /** Sends so many batches at most. */
  deliver(count: number): Promise<void>;
  /** Acknowledges so many of what was sent, in any order. */
  acknowledge(count: number): Promise<void>;
  endSession(): void;
  advance(ms: number): void;
  /** Until the spool has nothing to do. */
  settle(): Promise<void>;
  die(death: Death): void;
  restart(): Promise<void>;
  /** Goes on after each step, also if the process died in it; checks what must always hold. */
  check(): Promise<void>;
  /** All faults are over: everything is delivered, and every number is accounted for. */
  finish(): Promise<void>;
};

export async function createSpoolWorld(random: (below: number) => number): Promise<SpoolWorld> {
  const disk = createSimulatedDisk(random);
  const received = new Map<string, Received>();
  const receivedIds = new Map<string, string>();
  const appended: Appended[] = [];
  let timers: { readonly atMs: number; readonly call: () => void }[] = [];
  let nowMs = 1_700_000_000_000;
  let uuids = 0;
  let ids = 0;
  let spool: Spool;
  let reader: SpoolReader | undefined;
  let readerEpoch = '';
  /** A batch that a disk which hangs has not given yet. */
  let underWay: Promise<Batch | undefined> | undefined;
  let unacknowledged: number[] = [];
  /** A start on a disk that is read-only or hangs begins in memory. */
  let isStandIn = false;
  /** Empty if this life has none: what was only in memory may be gone with the life before. */
  let standInEpoch = '';

  const clock = {
    wallTimeMs: () => nowMs,
    afterMs(ms: number, call: () => void) {
      const timer = { atMs: nowMs + ms, call };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
  };

  /** What the call gives, or nothing if the process dies before. */
  async function unlessDead<T>(call: () => Promise<T>): Promise<T | undefined> {
    if (disk.isDead()) return undefined;
    return Promise.race([call(), disk.died().then(() => undefined)]);
  }

  async function open(): Promise<void> {
    for (;;) {
      timers = [];
      reader = undefined;
      underWay = undefined;
      unacknowledged = [];
      const files = disk.boot();
      isStandIn = disk.faults.readOnly || disk.faults.hangs;
      const logger = { info() {}, warn() {}, error() {} };
      const randomUUID = () => `00000000-0000-4000-8000-${String(++uuids).padStart(12, '0')}`;
      const options = { files, clock, logger, randomUUID, maxBytes: MAX_BYTES, maxMemoryBytes: MAX_MEMORY_BYTES };
      const opening = unlessDead(() => openSpool(options));
      if (disk.faults.hangs) {
        await settle();
        advance(PATIENCE_MS);
      }
      const opened = await opening;
      if (!opened) continue;
      spool = opened;
      standInEpoch = isStandIn ? spool.epoch : '';
      return;
    }
  }

  function advance(ms: number): void {
    nowMs += ms;
    const due = timers.filter(({ atMs }) => atMs <= nowMs);
    timers = timers.filter(({ atMs }) => atMs > nowMs);
    for (const { call } of due) call();
  }

  function endSession(): void {
    reader?.close();
    reader = undefined;
    underWay = undefined;
    unacknowledged = [];
  }

  /** The next batch; undefined if there is none, or a disk that hangs does not give it. */
  async function next(): Promise<Batch | undefined> {
    underWay ??= reader!.next();
    const late = () => settle().then(() => 'late' as const);
    const batch = await unlessDead(() => (disk.faults.hangs ? Promise.race([underWay, late()]) : underWay!));
    if (batch === 'late') return undefined;
    underWay = undefined;
    return batch;
  }

  async function settle(): Promise<void> {
    for (let quiet = 0, calls = -1; quiet < QUIET_TURNS && !disk.isDead(); quiet++) {
      if (disk.calls() !== calls) quiet = 0;
      calls = disk.calls();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  function receivedOf(epoch: string): Received {
    const found = received.get(epoch) ?? { ids: new Map(), losses: new Map() };
    received.set(epoch, found);
    return found;
  }

  function receive(epoch: string, seq: number, payload: Uint8Array, kind: BatchKind): void {
    const { ids: known, losses } = receivedOf(epoch);
    const id =
      kind === 'LOSS' ? `loss ${Buffer.from(payload).toString('hex')}` : String(Buffer.from(payload).readUInt32BE(0));
    const before = known.get(seq);
    assert.ok(before === undefined || before === id, `number ${seq} was used twice: ${before}, ${id}`);
    known.set(seq, id);
    if (kind === 'LOSS') {
      losses.set(seq, decodeLosses(payload));
      return;
    }
    const place = receivedIds.get(id) ?? `${epoch} ${seq}`;
    assert.equal(place, `${epoch} ${seq}`, `batch ${id} came under two numbers`);
    receivedIds.set(id, place);
  }

  function checkHealth(): void {
    const { appended: all, acknowledged, lostFull, lostDamage, waiting, waitingBytes } = spool.health();
    assert.equal(all, acknowledged + lostFull + lostDamage + waiting, JSON.stringify(spool.health()));
    assert.ok(waiting >= 0 && waitingBytes >= 0 && (waiting > 0 || waitingBytes === 0), JSON.stringify(spool.health()));
  }

  function checkEpoch(epoch: string, through: number): void {
    const { ids: known, losses } = receivedOf(epoch);
    const all = [...losses.values()].flat();
    for (let seq = 1; seq <= through; seq++) {
      const isTold = all.some((loss) => loss.from <= seq && seq <= loss.through);
      assert.ok(known.has(seq) || isTold, `number ${seq} of ${epoch} is an unexplained gap`);
    }
    for (const { seq = 0, id, isAcknowledged } of appended.filter(
      (batch) => batch.epoch === epoch && batch.isDurable,
    )) {
      const reasons = all.filter(({ from, through }) => from <= seq && seq <= through).map(({ reason }) => reason);
      assert.ok(!(isAcknowledged && reasons.includes('damage')), `number ${seq} was acknowledged and told as lost`);
      const isGivenUp = reasons.includes('full');
      assert.ok(known.get(seq) === String(id) || isGivenUp, `batch ${id}, number ${seq}, was durable and is lost`);
    }
  }

  async function drain(): Promise<void> {
    for (let rounds = 0; spool.waiting() > 0; rounds++) {
      assert.ok(rounds < 100, `${spool.waiting()} batches are never delivered`);
      await world.deliver(Number.POSITIVE_INFINITY);
      await world.acknowledge(Number.POSITIVE_INFINITY);
      await settle();
      advance(1000);
      await settle();
    }
    for (const [epoch, { ids }] of received) if (epoch === standInEpoch) checkEpoch(epoch, Math.max(...ids.keys()));
  }

  await open();
  const world: SpoolWorld = {
    disk,
    append(kind, bytes) {
      const payload = Buffer.alloc(4 + bytes, ids);
      const id = ++ids;
      payload.writeUInt32BE(id);
      const { epoch } = spool;
      const batch: Appended = { id, epoch: undefined, seq: undefined, isDurable: false, isAcknowledged: false };
      appended.push(batch);
      const seq = spool.health().appended + 1;
      const resolved = spool.append(kind, payload);
      if (!isStandIn) {
        for (const other of receivedOf(epoch).ids.keys()) assert.ok(other < seq, `number ${seq} is not above ${other}`);
        Object.assign(batch, { epoch, seq });
      }
      void resolved.then((durableSeq) => {
        assert.ok(durableSeq === undefined || batch.seq === undefined || durableSeq === batch.seq);
        batch.isDurable = durableSeq !== undefined;
        batch.seq ??= durableSeq;
      });
    },
    async deliver(count) {
      // As a session does.
      if (readerEpoch !== spool.epoch) endSession();
      readerEpoch = spool.epoch;
      reader ??= spool.openReader();
      for (let i = 0; i < count; i++) {
        const batch = await next();
        if (!batch) return;
        assert.ok(!unacknowledged.includes(batch.seq), `number ${batch.seq} was sent twice in one session`);
        receive(readerEpoch, batch.seq, batch.payload, batch.kind);
        unacknowledged.push(batch.seq);
      }
    },
    async acknowledge(count) {
      if (readerEpoch !== spool.epoch) endSession();
      const seqs: number[] = [];
      while (seqs.length < count && unacknowledged.length > 0) {
        seqs.push(...unacknowledged.splice(random(unacknowledged.length), 1));
      }
      const acknowledged = new Set(seqs.map((seq) => receivedOf(readerEpoch).ids.get(seq)));
      for (const batch of appended) {
        if (batch.isDurable && acknowledged.has(String(batch.id))) batch.isAcknowledged = true;
      }
      spool.acknowledge(seqs);
    },
    endSession,
    advance,
    settle,
    die: (death) => disk.die(death),
    async restart() {
      const closed = unlessDead(() => spool.close());
      if (disk.faults.hangs) {
        await settle();
        advance(PATIENCE_MS);
      }
      await closed;
      disk.die('power cut');
    },
    async check() {
      if (disk.isDead()) await open();
      checkHealth();
    },
    async finish() {
      Object.assign(disk.faults, NO_FAULTS());
      for (let seconds = 0; seconds < 3; seconds++) {
        await settle();
        advance(isStandIn ? PATIENCE_MS : 1000);
      }
      await settle();
      if (isStandIn) await drain();
      assert.ok(spool.health().durable, 'the disk is well, and health does not say so');
      await world.restart();
      await open();
      assert.equal(spool.health().durable, true);
      await drain();
      checkHealth();
      for (const batch of appended) if (batch.isDurable) batch.epoch ??= spool.epoch;
      const durableEpochs = new Set(appended.filter(({ isDurable }) => isDurable).map(({ epoch }) => epoch!));
      assert.ok(durableEpochs.size === 0 || durableEpochs.has(spool.epoch), 'a durable epoch was left');
      for (const epoch of durableEpochs) checkEpoch(epoch, epoch === spool.epoch ? spool.health().appended : 0);
      const { lostFull, lostDamage } = spool.health();
      const told = [...receivedOf(spool.epoch).losses.values()].flat().reduce((sum, { batches }) => sum + batches, 0);
      assert.equal(told, lostFull + lostDamage);
      const names = [...disk.contents().keys()].filter((name) => name.endsWith('.segment'));
      assert.ok(names.length <= 3, `settled segments are left: ${names}`);
      await spool.close();
    },
  };
  return world;
}
