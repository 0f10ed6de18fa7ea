import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Cidr, parseCidr } from '@connscan/model';
import { bootTimeMs } from '../src/boot-clock.ts';
import type { ProbeCounters } from '../src/counters.ts';
import { type MappedRing, mapRing } from '../src/map-ring.ts';
import { openProbe, type Probe } from '../src/probe.ts';
import { collect, drainOnce, type Seen } from './collect.ts';
import type { DrainTask } from './drain-worker.ts';
import type { Behaviour, Ending } from './peer.ts';
import { until } from './until.ts';
import { createVeth, SCANNER, TARGET, type Veth } from './veth.ts';

const INTERNAL = cidrs('10.231.0.0/24', 'fd00:231::/64');

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
  let veth: Veth;
  let probe: Probe;
  let rings: MappedRing[] = [];
  let port = 20_000;

  before(async () => {
    veth = await createVeth();
    probe = open();
    rings = probe.rings.map(mapRing);
  });
  after(async () => {
    for (const ring of rings) ring.close();
    probe?.close();
    await veth?.close();
  });

  async function serve(behaviour: Behaviour, host: string = TARGET.ipv4): Promise<number> {
    port++;
    await veth.listen(host, port, behaviour);
    return port;
  }

  /** The scanner's and the target's record of a connection to the port. */
  async function both(service: number): Promise<{ scanner: Seen; target: Seen }> {
    const ours = (seen: Seen) =>
      (seen.netns === veth.netns.scanner && seen.remotePort === service) ||
      (seen.netns === veth.netns.target && seen.localPort === service);
    const seen = await collect(rings, 2, ours);
    const of = (netns: number) => seen.find((one) => one.netns === netns)!;
    return { scanner: of(veth.netns.scanner), target: of(veth.netns.target) };
  }

  async function one(service: number): Promise<Seen> {
    const [seen] = await collect(rings, 1, (each) => each.remotePort === service);
    return seen!;
  }

  const stories: [string, Behaviour, Ending, Partial<Seen>, Partial<Seen>][] = [
    [
      'a connection that the originator resets at once is a reset',
      'hold',
      'reset',
      { outcome: 'reset', flags: ['active', 'roleKnown'], originatorBytes: 0 },
      { outcome: 'reset', originatorBytes: 0 },
    ],
    [
      'a connection closed by FIN without a byte is an empty close',
      'hold',
      'fin',
      { outcome: 'empty_close', flags: ['active', 'roleKnown'], originatorBytes: 0 },
      { outcome: 'empty_close', flags: ['roleKnown'], originatorBytes: 0 },
    ],
    [
      'a banner left unread makes the close a reset',
      'banner',
      'unread',
      { outcome: 'reset', flags: ['active', 'roleKnown', 'dataIn'], originatorBytes: 0 },
      { outcome: 'reset', flags: ['roleKnown', 'dataOut'], originatorBytes: 0 },
    ],
    [
      'a silent originator that follows the called side in closing made an empty close',
      'close',
      'wait',
      { outcome: 'empty_close', flags: ['active', 'roleKnown'] },
      { outcome: 'empty_close', flags: ['roleKnown'] },
    ],
    [
      'a reset by the called side is a responder reset',
      'reset',
      'wait',
      { outcome: 'responder_reset', flags: ['active', 'roleKnown'] },
      { outcome: 'responder_reset', flags: ['roleKnown'] },
    ],
    [
      'an originator that said 16 bytes is still recorded',
      'hold',
      16,
      { outcome: 'reset', flags: ['active', 'roleKnown', 'dataOut'], originatorBytes: 16 },
      { outcome: 'reset', originatorBytes: 16 },
    ],
  ];
  for (const [rule, behaviour, ending, scanner, target] of stories) {
    it(`sees on both hosts that ${rule}`, async () => {
      const service = await serve(behaviour);
      const startedMs = bootTimeMs();
      await veth.connect(TARGET.ipv4, service, ending);
      const seen = await both(service);
      assertIncludes(seen.scanner, { ...scanner, local: SCANNER.ipv4, remote: TARGET.ipv4, remotePort: service });
      assertIncludes(seen.target, { ...target, local: TARGET.ipv4, remote: SCANNER.ipv4, localPort: service });
      assert.equal(seen.target.remotePort, seen.scanner.localPort);
      for (const { endedMs } of [seen.scanner, seen.target]) {
        assert.ok(startedMs < endedMs && endedMs < bootTimeMs());
      }
    });
  }

  it('names the process that aborted the connection, on its own host only', async () => {
    const service = await serve('hold');
    await veth.connect(TARGET.ipv4, service, 'reset');
    const { scanner, target } = await both(service);
    assert.notEqual(scanner.tgid, 0);
    assert.notEqual(scanner.tgid, process.pid);
    assert.equal(target.tgid, 0);
  });

  it('sees a refused connection on the scanner', async () => {
    port++;
    await veth.connect(TARGET.ipv4, port, 'reset');
    assertIncludes(await one(port), {
      netns: veth.netns.scanner,
      outcome: 'refused',
      flags: ['active', 'roleKnown'],
      lifetimeLog2Ms: 0,
    });
  });

  it('sees an attempt that nobody answered when the scanner gives up', async () => {
    port++;
    await veth.connect('10.231.0.77', port, 'give_up');
    assertIncludes(await one(port), { outcome: 'unanswered', remote: '10.231.0.77', flags: ['active', 'roleKnown'] });
  });

  it('writes IPv6 addresses as they are', async () => {
    const service = await serve('hold', '::');
    await veth.connect(TARGET.ipv6, service, 'reset');
    const { scanner, target } = await both(service);
    assertIncludes(scanner, { outcome: 'reset', local: SCANNER.ipv6, remote: TARGET.ipv6 });
    assertIncludes(target, { outcome: 'reset', local: TARGET.ipv6, remote: SCANNER.ipv6, flags: target.flags });
    assert.ok(!target.flags.includes('mapped'));
  });

  it('writes IPv4 over an IPv6 socket as the IPv4 it is', async () => {
    const service = await serve('hold', '::');
    await veth.connect(TARGET.ipv4, service, 'reset');
    const { scanner, target } = await both(service);
    assertIncludes(scanner, { local: SCANNER.ipv4, remote: TARGET.ipv4, flags: ['active', 'roleKnown'] });
    assertIncludes(target, { local: TARGET.ipv4, remote: SCANNER.ipv4 });
    assert.ok(target.flags.includes('mapped'));
  });

  it('sends both records of a connection to the ring of its source', async () => {
    const service = await serve('hold');
    await veth.connect(TARGET.ipv4, service, 'reset');
    const perRing = [0, 0];
    await until(() => {
      for (const [shard, ring] of rings.entries()) {
        perRing[shard]! += drainOnce(ring, (seen) => [seen.remotePort, seen.localPort].includes(service)).length;
      }
      return perRing[0]! + perRing[1]! === 2;
    });
    assert.deepEqual(perRing.toSorted(), [0, 2]);
  });

  it('keeps a connection whose originator said more than the limit to itself, but counts it', async () => {
    const talked = probe.counters().filtered.talked;
    const service = await serve('hold');
    await veth.connect(TARGET.ipv4, service, 17);
    await until(() => probe.counters().filtered.talked >= talked + 2);
    for (const ring of rings) {
      assert.deepEqual(
        drainOnce(ring, (seen) => [seen.remotePort, seen.localPort].includes(service)),
        [],
      );
    }
  });

  it('takes a new byte limit while it runs', async () => {
    const service = await serve('hold');
    probe.setLimits({ maxOriginatorBytes: 17, maxLifetimeSeconds: 60 });
    await veth.connect(TARGET.ipv4, service, 17);
    const { scanner, target } = await both(service);
    probe.setLimits({ maxOriginatorBytes: 16, maxLifetimeSeconds: 60 });
    assert.deepEqual([scanner.originatorBytes, target.originatorBytes], [17, 17]);
  });

  it('takes new internal ranges while it runs, and both ends must be inside', async () => {
    const service = await serve('hold');
    for (const internal of [cidrs('10.231.0.1/32'), cidrs('10.231.0.2/32'), []]) {
      probe.setInternal(internal);
      const external = probe.counters().filtered.external;
      await veth.connect(TARGET.ipv4, service, 'reset');
      await until(() => probe.counters().filtered.external >= external + 2);
    }
    probe.setInternal(INTERNAL);
    await veth.connect(TARGET.ipv4, service, 'reset');
    assert.equal((await both(service)).scanner.outcome, 'reset');
  });

  it('accounts for every transition: seen = submitted + reserveFailed + filtered', () => {
    const { seen, submitted, reserveFailed, filtered } = atRest(probe);
    assert.equal(
      seen,
      Object.values(filtered).reduce((sum, count) => sum + count, submitted + reserveFailed),
    );
    assert.ok(submitted > 20);
  });

  it('counts what a full ring cannot take, and writes again once it is drained', async () => {
    const small = open({ shards: 1, ringBytes: 4096 });
    const ring = mapRing(small.rings[0]!);
    const service = await serve('hold');
    for (let i = 0; i < 50; i++) await veth.connect(TARGET.ipv4, service, 'reset');
    await until(() => small.counters().submitted + small.counters().reserveFailed >= 100);
    assert.ok(small.counters().submitted <= 64);
    assert.ok(small.counters().reserveFailed >= 36);
    await collect([ring], 60, () => true);
    await veth.connect(TARGET.ipv4, service, 'reset');
    await collect([ring], 1, (seen) => seen.remotePort === service);
    ring.close();
    small.close();
  });

  for (const closes of [true, false]) {
    it(`is drained by a worker thread that ${closes ? 'closes' : 'leaves'} its ring when it ends`, async () => {
      const single = open({ shards: 1 });
      const service = await serve('hold');
      await veth.connect(TARGET.ipv4, service, 'reset');
      const workerData: DrainTask = { ring: single.rings[0]!, port: service, closes };
      const worker = new Worker(new URL('./drain-worker.ts', import.meta.url), { workerData });
      const exited = once(worker, 'exit');
      const [seen] = (await once(worker, 'message')) as [Seen];
      assert.equal(seen.outcome, 'reset');
      assert.deepEqual(await exited, [0]);
      single.close();
    });
  }

  it('once detached sees nothing more, and keeps what it saw', async () => {
    const other = open({ shards: 1 });
    const ring = mapRing(other.rings[0]!);
    const service = await serve('hold');
    await veth.connect(TARGET.ipv4, service, 'reset');
    await until(() => other.counters().submitted >= 2);
    other.detach();
    other.detach();
    const { seen } = other.counters();
    await veth.connect(TARGET.ipv4, service, 'reset');
    assert.equal(other.counters().seen, seen);
    await collect([ring], 2, (each) => [each.remotePort, each.localPort].includes(service));
    ring.close();
    other.close();
  });

  it('closes twice, and a mapped ring outlives it', () => {
    const other = open();
    const ring = mapRing(other.rings[0]!);
    other.close();
    other.close();
    assert.throws(() => other.counters(), { code: 'PROBE_REFUSED', message: /closed/ });
    ring.reader.drain(() => {}, 10);
    ring.close();
    ring.close();
    assert.equal(ring.reader.words.length, 0);
    assert.throws(() => ring.reader.drain(() => {}, 10), TypeError);
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

function assertIncludes(actual: Seen, expected: Partial<Seen>): void {
  assert.deepEqual({ ...actual, ...expected }, actual);
}
