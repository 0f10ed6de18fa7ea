import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome, ScenarioOptions } from '../scenario.ts';
import { startChaosProxy } from './chaos-proxy.ts';
import { readNumbers } from './numbered-rows.ts';
import { startAggregatorProcess } from './running-aggregator.ts';
import { startSender } from './sender-process.ts';

export type FleetOutcome = Outcome & {
  /** How often each thing was done to processes and to connections. */
  readonly faults: Readonly<Record<string, number>>;
};

/** Faults of processes; those of connections come on their own. */
const POINTS = 300;
const QUICK_POINTS = 6;

const SENDERS = 2;

/** A sender works this long before a fault at most, in milliseconds, and is frozen this long at most. */
const MAX_LIFE_MS = 600;
const MAX_FROZEN_MS = 300;

/** Of so many faults one is of the aggregator, which takes seconds to come back. */
const AGGREGATOR_ONE_IN = 25;

/**
 * Senders with the agent's spool and uplink tell an aggregator of numbered rows through a proxy that breaks every connection, while
 * senders and aggregator are killed and stopped at random. In the end all is left alone until everything is acknowledged, and the
 * store is compared with what the spools had promised to keep.
 */
export async function killFleet({ quick, random, say }: ScenarioOptions): Promise<FleetOutcome> {
  const points = quick ? QUICK_POINTS : POINTS;
  await using undo = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'connscan-faults-'));
  undo.defer(() => rm(directory, { recursive: true }));
  const data = join(directory, 'aggregator');
  const aggregator = await startAggregatorProcess(data);
  undo.defer(() => aggregator.stop());
  const proxy = await startChaosProxy(aggregator.grpcPort, random);
  undo.defer(() => proxy.close());
  const agentIds = Array.from({ length: SENDERS }, () => randomUUID());
  const senders = agentIds.map((agentId, index) =>
    startSender({ directory: join(directory, `spool-${index}`), aggregator: `127.0.0.1:${proxy.port}`, agentId }),
  );
  undo.defer(async () => void (await Promise.all(senders.map((sender) => sender.finish()))));

  const done = { senderKills: 0, senderStops: 0, aggregatorKills: 0 };
  for (let point = 1; point <= points; point++) {
    const sender = senders[random(SENDERS)]!;
    await sender.working();
    await delay(random(MAX_LIFE_MS));
    if (random(AGGREGATOR_ONE_IN) === 0) {
      done.aggregatorKills++;
      await aggregator.kill();
    } else if (random(8) === 0) {
      done.senderStops++;
      await sender.freeze(random(MAX_FROZEN_MS));
    } else {
      done.senderKills++;
      await sender.kill();
    }
    if (point % 50 === 0) say(`${point} of ${points} faults`);
  }
  proxy.calm();
  await Promise.all(senders.map((sender) => sender.working()));
  const codes = await Promise.all(senders.map((sender) => sender.finish()));
  await aggregator.stop();
  if (codes.some((code) => code !== 0)) throw new Error('a sender gave up before all was acknowledged');
  const sums = { acknowledged: 0, delivered: 0, lost: 0, duplicated: 0, unexplainedGaps: 0 };
  for (const [index, agentId] of agentIds.entries()) {
    const { promised } = senders[index]!;
    const found = await readNumbers(join(data, 'store'), agentId, promised);
    sums.acknowledged += promised.size;
    for (const [name, count] of Object.entries(found)) sums[name as keyof typeof found] += count;
  }
  return { points, ...sums, faults: { ...done, ...proxy.faults } };
}
