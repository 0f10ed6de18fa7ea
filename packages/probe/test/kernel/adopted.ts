/** Goes on with a probe that hand-over.ts opened: does what each line of its input asks, and answers in JSON. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseCidr } from '@connscan/model';
import { mapRing } from '../../src/map-ring.ts';
import { adoptProbe } from '../../src/probe.ts';
import { mapProcesses } from '../../src/process-table.ts';
import { drainOnce } from '../collect.ts';

const probe = adoptProbe(JSON.parse(process.env.PROBE!));
const ring = mapRing(probe.rings[0]!);
const processes = mapProcesses(probe.processes);

const ANSWERS: Record<string, (...words: string[]) => unknown> = {
  status: () => readFileSync('/proc/self/status', 'utf8'),
  unavailable: () => probe.unavailable,
  counters: () => probe.counters(),
  drain: () => drainOnce(ring, () => true).map((seen) => ({ ...seen, comm: processes.find(seen.process)?.comm })),
  internal: (...cidrs) => probe.setInternal(cidrs.map((text) => parseCidr(text)!)),
  netns: (...inodes) => probe.setNetns(inodes.length > 0 ? inodes.map(Number) : undefined),
  limits: (bytes, seconds) =>
    probe.setLimits({ maxOriginatorBytes: Number(bytes), maxLifetimeSeconds: Number(seconds) }),
  detach: () => probe.detach(),
};

process.stdout.write('"adopted"\n');
for await (const line of createInterface({ input: process.stdin })) {
  const [name = '', ...words] = line.split(' ');
  process.stdout.write(`${JSON.stringify(ANSWERS[name]!(...words) ?? 'done')}\n`);
}
probe.close();
