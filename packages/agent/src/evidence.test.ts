import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Detection, Sighting } from '@connscan/model';
import { createLogger } from '@connscan/program';
import { type Batch, decodeDetections, decodeSightings } from '@connscan/wire';
import { collectBatches } from '../test/collect-batches.ts';
import { entryOf } from '../test/entry-of.ts';
import { spawnChild } from '../test/spawn-child.ts';
import { createEvidence } from './evidence.ts';
import { HOST_FILES } from './process/host-files.ts';

const detection: Detection = {
  id: '00112233445566778899aabbccddeeff',
  revision: 1,
  model: 'connscan_internal_internal',
  alertType: 'start',
  severity: 'low',
  confidence: 'tentative',
  rule: 'threshold',
  threshold: 10,
  source: '10.0.0.1',
  distinctServices: 10,
  distinctHosts: 1,
  distinctPorts: 10,
  failedServices: 0,
  slowServices: 10,
  habitualServices: 0,
  connections: { reset: 10, empty_close: 0, responder_reset: 0, refused: 0, unanswered: 0 },
  atLeast: false,
  firstSeenMs: 1000,
  lastSeenMs: 2000,
  startedMs: 2000,
  topPorts: [],
  samples: [],
  techniques: ['T1046'],
};

const sighting: Sighting = {
  source: '10.0.0.2',
  destination: '10.0.0.1',
  port: 22,
  outcome: 'reset',
  firstSeenMs: 1000,
  lastSeenMs: 1000,
  connections: 1,
};

function createSubject() {
  const spool = collectBatches();
  const logger = createLogger('test');
  logger.level = 'silent';
  const clock = { bootTimeMs: () => 0, wallTimeMs: () => 1_700_000_000_000 };
  return {
    ...spool,
    evidence: createEvidence({ host: HOST_FILES, redact: true, maySnapshot: () => true, spool, ...clock, logger }),
  };
}

function detectionsIn(batches: readonly Batch[]): Detection[] {
  return batches.flatMap(({ payload }) => decodeDetections(payload));
}

test('a detection is spooled with its process at once; its snapshot follows when it is confirmed, and once', async () => {
  await using child = await spawnChild('sleep', ['60']);
  const process = await entryOf(child.pid);
  const { batches, evidence } = createSubject();
  evidence.addProcesses([{ detection, process }]);
  await evidence.settled();
  assert.deepEqual(
    detectionsIn(batches).map(({ process, snapshot }) => [process?.comm, snapshot]),
    [['sleep', undefined]],
  );
  const confirmed: Detection = { ...detection, revision: 2, alertType: 'ongoing', confidence: 'confirmed' };
  evidence.addProcesses([{ detection: confirmed, process }]);
  evidence.addProcesses([{ detection: { ...confirmed, revision: 3 }, process }]);
  await evidence.settled();
  const found = detectionsIn(batches);
  assert.deepEqual(
    found.map(({ revision, snapshot }) => [revision, snapshot?.commandLine]).sort(),
    [
      [1, undefined],
      [2, ['sleep', '60']],
      [2, undefined],
      [3, undefined],
    ].sort(),
  );
});

test('a scanner that is gone when its detection is confirmed still has its snapshot, taken at the first alert', async () => {
  const { batches, evidence } = createSubject();
  await using child = await spawnChild('sleep', ['60']);
  const process = await entryOf(child.pid);
  evidence.addProcesses([{ detection, process }]);
  await evidence.settled();
  await child.end();
  evidence.addProcesses([{ detection: { ...detection, revision: 2, confidence: 'confirmed' }, process }]);
  await evidence.settled();
  const [, , last] = detectionsIn(batches);
  assert.deepEqual(last?.snapshot?.commandLine, ['sleep', '60']);
  assert.match(last.snapshot.exe?.sha256 ?? '', /^[0-9a-f]{64}$/);
});

test('a detection keeps the process of its first alert, so that its snapshot is of no other', async () => {
  const { batches, evidence } = createSubject();
  await using first = await spawnChild('sleep', ['60']);
  await using second = await spawnChild('cat');
  evidence.addProcesses([{ detection, process: await entryOf(first.pid) }]);
  const confirmed: Detection = { ...detection, revision: 2, confidence: 'confirmed' };
  evidence.addProcesses([{ detection: confirmed, process: await entryOf(second.pid) }]);
  await evidence.settled();
  for (const { process } of detectionsIn(batches)) assert.equal(process?.comm, 'sleep');
});

test('a sighting is spooled with the process that listens', async () => {
  await using child = await spawnChild('sleep', ['60']);
  const { batches, evidence } = createSubject();
  evidence.addListeners([{ sighting, listener: await entryOf(child.pid) }]);
  await evidence.settled();
  const [row] = decodeSightings(batches[0]!.payload);
  assert.deepEqual([row?.listener?.pid, row?.listener?.comm], [child.pid, 'sleep']);
});
