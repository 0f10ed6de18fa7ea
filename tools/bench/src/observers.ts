import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DEFAULT_POLICY, parseCidr } from '@connscan/model';
import { mapRing, openProbe, type Probe, type ProbeOptions, recordNetns } from '@connscan/probe';
import { createRecordChecksum } from './checksum-records.ts';
import { drainRing } from './drain-ring.ts';

/** Something that watches connections end. `stop` resolves to how many ends it has told, each side for itself. */
export type Observer = { stop(): Promise<number> };

/** What is compared. Each is attached once it is there; `netns` is where the connections are made that it is to tell. */
export const OBSERVERS = {
  none: async (): Promise<Observer> => ({ stop: async () => 0 }),
  ours: async (netns: number) => observeByProbe(netns),
  bpftrace: observeByBpftrace,
} as const;

export type ObserverName = keyof typeof OBSERVERS;

/** The probe as the agent opens it by default, but for what is given. */
export function openDefaultProbe(options: Pick<ProbeOptions, 'attribution' | 'refused'> = {}): Probe {
  const internalCidrs = DEFAULT_POLICY.internalCidrs.map((text) => parseCidr(text)!);
  return openProbe({
    ...DEFAULT_POLICY,
    shards: availableParallelism(),
    internalCidrs,
    random: randomBytes,
    ...options,
  });
}

/** The agent looks at its rings this often while records come, in milliseconds, and up to the longest when none do. */
const SHORTEST_MS = 5;
const LONGEST_MS = 100;

/** Our probe, its rings read as the agent does it. */
function observeByProbe(netns: number): Observer {
  const probe = openDefaultProbe();
  let records = 0;
  const rings = probe.rings.map((ring) => {
    const { reader, close } = mapRing(ring);
    const checksum = createRecordChecksum(reader.words);
    const visit = (at: number) => {
      checksum.visit(at);
      if (recordNetns(reader.words, at) === netns) records++;
    };
    return { drain: () => drainRing(reader, visit), close };
  });
  const drainAll = () => rings.reduce((found, { drain }) => found + drain(), 0);
  let intervalMs = SHORTEST_MS;
  let timer = setTimeout(look, intervalMs);
  function look(): void {
    intervalMs = drainAll() === 0 ? Math.min(LONGEST_MS, intervalMs * 2) : SHORTEST_MS;
    timer = setTimeout(look, intervalMs);
  }
  return {
    async stop() {
      clearTimeout(timer);
      probe.detach();
      drainAll();
      for (const { close } of rings) close();
      probe.close();
      return records;
    },
  };
}

/** Addresses of native/churn.c, as they begin. */
const CHURN_NETWORK = ' 10.1.';

const closesProgram = fileURLToPath(new URL('../native/closes.bt', import.meta.url));

/** Where no tracefs is mounted bpftrace finds no tracepoint, so it gets a mount of its own. */
const WITH_TRACEFS =
  'test -d /sys/kernel/tracing/events || mount -t tracefs tracefs /sys/kernel/tracing; exec bpftrace "$0"';

/**
 * bpftrace, its lines read, and counted where they are of the generator's addresses. Its first line says that it will
 * attach; the line of a close, that it has.
 */
async function observeByBpftrace(): Promise<Observer> {
  const child = spawn('unshare', ['--mount', 'sh', '-c', WITH_TRACEFS, closesProgram], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  const said: string[] = [];
  child.stderr.on('data', (data) => said.push(String(data)));
  let lines = 0;
  let told = 0;
  const attached = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (++lines > 1) attached.resolve();
    if (line.includes(CHURN_NETWORK)) told++;
  });
  const nudge = setInterval(closeOneConnection, 20);
  await Promise.race([
    attached.promise,
    ended.then(([code]) => {
      throw new Error(`bpftrace ended with ${code}: ${said.join('')}`);
    }),
  ]).finally(() => clearInterval(nudge));
  return {
    async stop() {
      child.kill('SIGINT');
      // It looks for the signal only between two events, and then waits for the next one for ever.
      const nudge = setInterval(closeOneConnection, 20);
      await ended.finally(() => clearInterval(nudge));
      return told;
    },
  };
}

/** Refused or not, it ends. */
function closeOneConnection(): void {
  const socket = connect(1, '127.0.0.1', () => socket.destroy());
  socket.on('error', () => {});
}
