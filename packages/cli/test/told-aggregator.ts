import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SpawnedAggregator, spawnAggregator } from '@connscan/lab';
import type { Detection, Sighting } from '@connscan/model';
import { createUplinkClient, encodeDetections, encodeSightings, MAX_BATCH_ROWS } from '@connscan/wire';
import { credentials } from '@grpc/grpc-js';

/** An aggregator to which one agent has told what it found. */
export type ToldAggregator = SpawnedAggregator & {
  /** Its data directory. */
  readonly data: string;
  close(): Promise<void>;
};

const AGENT_ID = '11111111-1111-4111-8111-111111111111';

const HELLO = {
  agentId: AGENT_ID,
  epoch: '33333333-3333-4333-8333-333333333333',
  version: '0.1.0',
  // What a host calls itself is not to be trusted.
  hostname: 'web\u001b[31m1',
  kernel: '6.1.0',
  instance: '0b6f1f3e-52a5-4d8e-9c07-3f5b1d2a6c10',
  bootId: '3d3e0c0a-6c93-4f39-8b53-6f6f6a3bb2a1',
  policyHash: '0000000000000000',
  policyVersion: 0,
};

export async function startToldAggregator(told: {
  readonly detections: readonly Detection[];
  readonly sightings: readonly Sighting[];
}): Promise<ToldAggregator> {
  const data = await mkdtemp(join(tmpdir(), 'connscan-told-'));
  const aggregator = await spawnAggregator(data, '--insecure');
  const client = createUplinkClient(aggregator.grpc, credentials.createInsecure());
  const stream = client.session();
  stream.write({ hello: HELLO } as never);
  stream.write({ batch: { seq: 1, kind: 'DETECTIONS', payload: encodeDetections(told.detections) } } as never);
  let last = 1;
  for (let from = 0; from < told.sightings.length || last === 1; from += MAX_BATCH_ROWS) {
    const payload = encodeSightings(told.sightings.slice(from, from + MAX_BATCH_ROWS));
    stream.write({ batch: { seq: ++last, kind: 'SIGHTINGS', payload } } as never);
  }
  let through = 0;
  while (through < last) {
    const [{ ack }] = (await once(stream, 'data')) as [{ ack?: { through: number } }];
    through = ack?.through ?? through;
  }
  stream.on('error', () => {});
  stream.cancel();
  client.close();
  return {
    ...aggregator,
    data,
    async close() {
      await aggregator.end();
      await rm(data, { recursive: true });
    },
  };
}
