import type { Detection, Listener, Process, Sighting, Snapshot } from '@connscan/model';
import type { ProcessEntry } from '@connscan/probe';
import type { Logger } from '@connscan/program';
import { encodeDetections, encodeSightings } from '@connscan/wire/payload';
import { inBatches } from './drain-shard.ts';
import type { LocalSighting, OwnedDetection } from './drain-task.ts';
import type { HostFiles } from './process/host-files.ts';
import { listenerOf } from './process/listener-of.ts';
import { processOf } from './process/process-of.ts';
import { takeSnapshot } from './process/take-snapshot.ts';
import type { Spool } from './spool/spool.ts';

/** Detections whose process is remembered, and listeners. */
const REMEMBERED = 1000;

export type EvidenceOptions = {
  readonly host: HostFiles;
  /** Whether secrets in command lines are replaced by `***`. */
  readonly redact: boolean;
  /** Whether there is memory for another snapshot now; asked once for each. */
  readonly maySnapshot: () => boolean;
  readonly spool: Pick<Spool, 'append'>;
  readonly bootTimeMs: () => number;
  readonly wallTimeMs: () => number;
  readonly logger: Logger;
};

export type Evidence = {
  /** Spools the detections with their process; once one is confirmed, the snapshot of its process follows. */
  addProcesses(owned: readonly OwnedDetection[]): void;
  /** Spools the sightings with the process that listens. */
  addListeners(local: readonly LocalSighting[]): void;
  /** Resolves when all of that is appended, and every snapshot taken. */
  settled(): Promise<void>;
};

/** A process and its own snapshot: they are told together, so that neither is shown with another's. */
type Culprit = { readonly process: Promise<Process>; readonly snapshot: Promise<Snapshot | undefined> };

/** Adds to what the detector found what this host knows of its own processes. */
export function createEvidence(options: EvidenceOptions): Evidence {
  const { host, redact, maySnapshot, spool, bootTimeMs, wallTimeMs, logger } = options;
  /** By detection: who did it, as was known at its first alert. */
  const culprits = new Map<string, Culprit>();
  const told = new Map<string, true>();
  /** By serial number, which names one program of one process for ever. */
  const listeners = new Map<number, Promise<Listener>>();
  let lastSnapshot: Promise<unknown> = Promise.resolve();
  const running = new Set<Promise<void>>();

  function run(work: Promise<void>): void {
    const settled = work
      .catch((error: Error) => logger.error({ err: error }, 'evidence could not be added'))
      .then(() => void running.delete(settled));
    running.add(settled);
  }

  /** One snapshot after the other: each hashes a file, and a hundred scans at once must not take the host's disk. */
  async function snapshotOf(entry: ProcessEntry, wallOffsetMs: number): Promise<Snapshot | undefined> {
    if (!maySnapshot()) return undefined;
    const snapshot = lastSnapshot.then(() => takeSnapshot(entry, { host, redact, wallTimeMs, wallOffsetMs }));
    lastSnapshot = snapshot;
    return snapshot;
  }

  /** At the first alert, be it tentative: a scanner may have ended before it is confirmed. */
  function culpritOf(id: string, entry: ProcessEntry): Culprit {
    const known = culprits.get(id);
    if (known) return known;
    const wallOffsetMs = wallTimeMs() - bootTimeMs();
    const culprit = { process: processOf(entry, host, wallOffsetMs), snapshot: snapshotOf(entry, wallOffsetMs) };
    remember(culprits, id, culprit);
    return culprit;
  }

  async function addProcess({ detection, process: entry }: OwnedDetection): Promise<void> {
    const culprit = culpritOf(detection.id, entry);
    const owned: Detection = { ...detection, process: await culprit.process };
    void spool.append('DETECTIONS', encodeDetections([owned]));
    if (detection.confidence !== 'confirmed' || told.has(detection.id)) return;
    remember(told, detection.id, true);
    const snapshot = await culprit.snapshot;
    if (!snapshot) return;
    // The same alert once more: the aggregator merges what it did not know, and an analyst did not have to wait.
    void spool.append('DETECTIONS', encodeDetections([{ ...owned, snapshot }]));
  }

  async function addListener({ sighting, listener: entry }: LocalSighting): Promise<Sighting> {
    const listener = listeners.get(entry.serial) ?? listenerOf(entry, host.proc);
    remember(listeners, entry.serial, listener);
    return { ...sighting, listener: await listener };
  }

  async function appendSightings(local: readonly LocalSighting[]): Promise<void> {
    const rows = await Promise.all(local.map(addListener));
    for (const batch of inBatches(rows)) void spool.append('SIGHTINGS', encodeSightings(batch));
  }

  return {
    addProcesses(owned) {
      for (const one of owned) run(addProcess(one));
    },
    addListeners(local) {
      if (local.length > 0) run(appendSightings(local));
    },
    async settled() {
      await Promise.all(running);
      await lastSnapshot;
    },
  };
}

function remember<Key, Value>(values: Map<Key, Value>, key: Key, value: Value): void {
  values.set(key, value);
  if (values.size > REMEMBERED) values.delete(values.keys().next().value!);
}
