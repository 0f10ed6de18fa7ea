import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLab, type Lab } from '@connscan/lab';
import { type Cidr, parseCidr } from '@connscan/model';
import { bootTimeMs } from '../src/boot-clock.ts';
import type { ProbeCounters } from '../src/counters.ts';
import { type MappedRing, mapRing } from '../src/map-ring.ts';
import { openProbe, type Probe } from '../src/probe.ts';
import { mapProcesses } from '../src/process-table.ts';
import { watchRing } from '../src/watch-ring.ts';
import { collect, drainOnce, type Seen } from './collect.ts';
import { type Peer, startPeer } from './start-peer.ts';
import { until } from './until.ts';

const INTERNAL = cidrs('10.77.0.0/24');

function cidrs(...texts: string[]): Cidr[] {
  return texts.map((text) => parseCidr(text)!);
}

function open(options: { shards?: number; ringBytes?: number; maxOriginatorBytes?: number } = {}): Probe {
  return openProbe({
    shards: 2,
    ringBytes: 2 ** 20,
    internalCidrs: INTERNAL,
    maxOriginatorBytes: 16,
    maxLifetimeSeconds: 60,
    random: randomBytes,
    ...options,
  });
}

/** The counters at rest: no transition fell between two readings. */
function atRest(probe: Probe): ProbeCounters {
  let [before, now] = [probe.counters(), probe.counters()];
  while (before.seen !== now.seen) [before, now] = [now, probe.counters()];
  return now;
}

describe('probe', () => {
  let lab: Lab;
  let source: Peer;
  let target: Peer;
  let probe: Probe;
  let rings: MappedRing[] = [];
  let port = 20_000;

  before(() => {
    lab = createLab({ targets: 1 });
    source = startPeer(lab.source, lab.targets[0]!);
    target = startPeer(lab.targets[0]!, lab.source);
    probe = open();
    rings = probe.rings.map(mapRing);
  });
  after(() => {
    for (const ring of rings) ring.close();
    probe?.close();
    lab?.close();
  });

  /** Serves a new port on the target and names it to the source. */
  async function serve(): Promise<number> {
    port++;
    for (const peer of [source, target]) await peer.step(`case ${port}`);
    await target.step('listen');
    return port;
  }

  /** Picks what either host reports of connections to the port. */
  const ofService = (service: number) => (seen: Seen) =>
    (seen.netns === source.host.inode && seen.remotePort === service) ||
    (seen.netns === target.host.inode && seen.localPort === service);

  /** The source's and the target's record of a connection to the port. */
  async function both(service: number): Promise<{ atSource: Seen; atTarget: Seen }> {
    const seen = await collect(rings, 2, ofService(service));
    const of = (peer: Peer) => seen.find(({ netns }) => netns === peer.host.inode)!;
    return { atSource: of(source), atTarget: of(target) };
  }

  async function talk(bytes: number): Promise<void> {
    for (const step of ['connect', `send ${bytes}`, 'abort']) await source.step(step);
  }

  it('says when a connection ended', async () => {
    const service = await serve();
    const startedMs = bootTimeMs();
    await source.step('burst 1');
    const { atSource, atTarget } = await both(service);
    for (const { endedMs } of [atSource, atTarget]) assert.ok(startedMs < endedMs && endedMs < bootTimeMs());
  });

  it('names the process that opened the connection, and on the other host the one that listens', async () => {
    const service = await serve();
    await source.step('burst 1');
    const { atSource, atTarget } = await both(service);
    const processes = mapProcesses(probe.processes);
    const [opener, listener] = [processes.find(atSource.process), processes.find(atTarget.process)];
    processes.close();
    for (const one of [opener, listener]) assert.equal(one?.parentTgid, process.pid);
    assert.notEqual(opener!.tgid, listener!.tgid);
  });

  it('sends both records of a connection to the ring of its source', async () => {
    const service = await serve();
    await source.step('burst 1');
    const perRing = [0, 0];
    await until(() => {
      for (const [shard, ring] of rings.entries()) {
        perRing[shard]! += drainOnce(ring, ofService(service)).length;
      }
      return perRing[0]! + perRing[1]! === 2;
    });
    assert.deepEqual(perRing.toSorted(), [0, 2]);
  });

  it('keeps a connection whose originator said more than the limit to itself, but counts it', async () => {
    const talked = probe.counters().filtered.talked;
    const service = await serve();
    await talk(17);
    await until(() => probe.counters().filtered.talked >= talked + 2);
    for (const ring of rings) {
      assert.deepEqual(drainOnce(ring, ofService(service)), []);
    }
  });

  it('takes a new byte limit while it runs', async () => {
    const service = await serve();
    probe.setLimits({ maxOriginatorBytes: 17, maxLifetimeSeconds: 60 });
    await talk(17);
    const { atSource, atTarget } = await both(service);
    probe.setLimits({ maxOriginatorBytes: 16, maxLifetimeSeconds: 60 });
    assert.deepEqual([atSource.originatorBytes, atTarget.originatorBytes], [17, 17]);
  });

  it('takes new internal ranges while it runs, and both ends must be inside', async () => {
    const service = await serve();
    for (const internal of [cidrs('10.77.0.1/32'), cidrs('10.77.0.2/32'), []]) {
      probe.setInternal(internal);
      const external = probe.counters().filtered.external;
      await source.step('burst 1');
      await until(() => probe.counters().filtered.external >= external + 2);
    }
    probe.setInternal(INTERNAL);
    await source.step('burst 1');
    assert.equal((await both(service)).atSource.outcome, 'reset');
  });

  it('accounts for every transition: seen = submitted + reserveFailed + filtered', async () => {
    await serve();
    await source.step('burst 10');
    const { seen, submitted, reserveFailed, filtered } = atRest(probe);
    assert.equal(
      seen,
      Object.values(filtered).reduce((sum, count) => sum + count, submitted + reserveFailed),
    );
    assert.ok(submitted >= 20);
  });

  it('once detached sees nothing more, and keeps what it saw', async () => {
    const other = open({ shards: 1 });
    const ring = mapRing(other.rings[0]!);
    const service = await serve();
    await source.step('burst 1');
    await until(() => other.counters().submitted >= 2);
    other.detach();
    other.detach();
    const { seen } = other.counters();
    await source.step('burst 1');
    assert.equal(other.counters().seen, seen);
    await collect([ring], 2, ofService(service));
    ring.close();
    other.close();
  });

  it('is watched without its records being mapped', async () => {
    const other = open({ shards: 1 });
    const watch = watchRing(other.rings[0]!);
    const ring = mapRing(other.rings[0]!);
    assert.equal(watch.hasData(), false);
    const service = await serve();
    await source.step('burst 1');
    await until(watch.hasData);
    other.detach();
    await collect([ring], 2, ofService(service));
    assert.equal(watch.hasData(), false);
    assert.deepEqual([watch.taken(), watch.taken()], [ring.reader.taken(), other.counters().submitted]);
    watch.close();
    watch.close();
    assert.throws(watch.hasData, TypeError);
    ring.close();
    other.close();
  });

  it('refuses impossible rings before it touches the kernel', () => {
    for (const shards of [0, 65, 1.5, Number.NaN]) assert.throws(() => open({ shards }), { code: 'BAD_USAGE' });
    for (const ringBytes of [0, 2048, 5000, 2 ** 31]) assert.throws(() => open({ ringBytes }), { code: 'BAD_USAGE' });
  });

  it('says what the kernel objects to and what to do', () => {
    assert.throws(() => mapRing({ fd: -1, bytes: 4096 }), { code: 'PROBE_REFUSED', message: /Bad file descriptor/ });
    const script = fileURLToPath(new URL('./unprivileged.ts', import.meta.url));
    const { code, message } = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' }));
    assert.equal(code, 'PROBE_REFUSED');
    assert.match(message, /^cannot load the probe: Operation not permitted\nlibbpf: .*CAP_BPF and CAP_PERFMON\.$/s);
  });
});
