import assert from 'node:assert/strict';
import { type BatchKind, decodeLosses, type Loss } from '@connscan/wire';
import { openSpool, type Spool, type SpoolReader } from '../../src/spool/open-spool.ts';
import { createSimulatedDisk, type Death, NO_FAULTS, type SimulatedDisk } from './simulated-disk.ts';

const MAX_BYTES = 128 * 1024;
const MAX_MEMORY_BYTES = 64 * 1024;

/** Turns of the event loop without a call of the disk after which a spool has nothing to do. */
const QUIET_TURNS = 6;

type Appended = {
  readonly epoch: string;
  readonly seq: number;
  readonly id: number;
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
  let unacknowledged: number[] = [];
  /** A start on a read-only disk stays in memory. */
  let isInMemory = false;

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
      unacknowledged = [];
      const files = disk.boot();
      isInMemory = disk.faults.readOnly;
      const logger = { info() {}, warn() {}, error() {} };
      const randomUUID = () => `00000000-0000-4000-8000-${String(++uuids).padStart(12, '0')}`;
      const options = { files, clock, logger, randomUUID, maxBytes: MAX_BYTES, maxMemoryBytes: MAX_MEMORY_BYTES };
      const opened = await unlessDead(() => openSpool(options));
      if (!opened) continue;
      spool = opened;
      return;
    }
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
    for (const { seq, id, isAcknowledged } of appended.filter((batch) => batch.epoch === epoch && batch.isDurable)) {
      const reasons = all.filter(({ from, through }) => from <= seq && seq <= through).map(({ reason }) => reason);
      assert.ok(!(isAcknowledged && reasons.includes('damage')), `number ${seq} was acknowledged and told as lost`);
      const isGivenUp = reasons.includes('full');
      assert.ok(known.get(seq) === String(id) || isGivenUp, `batch ${id}, number ${seq}, was durable and is lost`);
    }
  }

  await open();
  const world: SpoolWorld = {
    disk,
    append(kind, bytes) {
      const payload = Buffer.alloc(4 + bytes, ids);
      const id = ++ids;
      payload.writeUInt32BE(id);
      const { epoch } = spool;
      const resolved = spool.append(kind, payload);
      const seq = spool.health().appended;
      for (const other of receivedOf(epoch).ids.keys()) assert.ok(other < seq, `number ${seq} is not above ${other}`);
      const batch = { epoch, seq, id, isDurable: false, isAcknowledged: false };
      appended.push(batch);
      void resolved.then((durableSeq) => {
        assert.ok(durableSeq === undefined || durableSeq === seq);
        batch.isDurable = durableSeq !== undefined;
      });
    },
    async deliver(count) {
      reader ??= spool.openReader();
      for (let i = 0; i < count; i++) {
        const batch = await unlessDead(() => reader!.next());
        if (!batch) return;
        assert.ok(!unacknowledged.includes(batch.seq), `number ${batch.seq} was sent twice in one session`);
        receive(spool.epoch, batch.seq, batch.payload, batch.kind);
        unacknowledged.push(batch.seq);
      }
    },
    async acknowledge(count) {
      const seqs: number[] = [];
      while (seqs.length < count && unacknowledged.length > 0) {
        seqs.push(...unacknowledged.splice(random(unacknowledged.length), 1));
      }
      for (const batch of appended) {
        if (batch.epoch === spool.epoch && batch.isDurable && seqs.includes(batch.seq)) batch.isAcknowledged = true;
      }
      spool.acknowledge(seqs);
    },
    endSession() {
      reader?.close();
      reader = undefined;
      unacknowledged = [];
    },
    advance(ms) {
      nowMs += ms;
      const due = timers.filter(({ atMs }) => atMs <= nowMs);
      timers = timers.filter(({ atMs }) => atMs > nowMs);
      for (const { call } of due) call();
    },
    settle,
    die: (death) => disk.die(death),
    async restart() {
      await unlessDead(() => spool.close());
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
        world.advance(1000);
      }
      await settle();
      assert.ok(isInMemory || spool.health().durable, 'the disk is well, and health does not say so');
      await world.restart();
      await open();
      assert.equal(spool.health().durable, true);
      for (let rounds = 0; spool.waiting() > 0; rounds++) {
        assert.ok(rounds < 100, `${spool.waiting()} batches are never delivered`);
        await world.deliver(Number.POSITIVE_INFINITY);
        await world.acknowledge(Number.POSITIVE_INFINITY);
        await settle();
        world.advance(1000);
        await settle();
      }
      checkHealth();
      const durableEpochs = new Set(appended.filter(({ isDurable }) => isDurable).map(({ epoch }) => epoch));
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
