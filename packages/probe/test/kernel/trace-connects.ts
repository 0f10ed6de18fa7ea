/** Traces the network namespace of its argument and prints the process of each connect() there. */
import { setImmediate } from 'node:timers/promises';
import { mapRing } from '../../src/map-ring.ts';
import { mapProcesses } from '../../src/process-table.ts';
import { openTrace } from '../../src/trace.ts';
import { TCP_STATES, transitionNewState, transitionProcess } from '../../src/transition.ts';

const trace = openTrace({ netns: [Number(process.argv[2])] });
const { reader } = mapRing(trace.ring);
const processes = mapProcesses(trace.processes);
const unavailable = trace.unavailable.map(({ program }) => program);
process.stdout.write(`${JSON.stringify({ uid: process.getuid?.(), unavailable })}\n`);

function visit(at: number): void {
  if (TCP_STATES[transitionNewState(reader.words, at)] !== 'SYN_SENT') return;
  const { tgid, comm, exe } = processes.find(transitionProcess(reader.words, at))!;
  process.stdout.write(`${JSON.stringify({ tgid, comm, exe })}\n`);
}

process.stdin.resume().once('end', () => process.exit());
for (;;) {
  reader.drain(visit, 1000);
  await setImmediate();
}
