import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createLab, type Host, type Lab } from '@connscan/lab';
import { bootTimeMs } from '../../src/boot-clock.ts';
import type { ProbeCounters } from '../../src/counters.ts';
import { type MappedRing, mapRing } from '../../src/map-ring.ts';
import type { Probe } from '../../src/probe.ts';
import { collect, drainOnce } from '../collect.ts';
import { until } from '../until.ts';
import { openLabProbe } from './open-lab-probe.ts';

/** As in bpf/refused.h. */
const SLICE_MS = 2 ** 17 / 1000;
const RECORDED_PER_SLICE = 256;

describe('attempts that the target refused', () => {
  let lab: Lab;
  let source: Host;
  let target: Host;
  let probe: Probe;
  let ring: MappedRing;

  before(() => {
    lab = createLab({ targets: 1 });
    source = lab.source;
    target = lab.targets[0]!;
    probe = openLabProbe({ netns: [target.inode] });
    ring = mapRing(probe.rings[0]!);
  });
  after(() => {
    ring?.close();
    probe?.close();
    lab?.close();
  });

  /** The counters at rest: no event fell between two readings. */
  function atRest(): ProbeCounters {
    let [before, now] = [probe.counters(), probe.counters()];
    while (before.seen !== now.seen) [before, now] = [now, probe.counters()];
    return now;
  }

  for (const [family, from, to] of [
    ['IPv4', () => source.address, () => target.address],
    ['IPv6', () => source.address6, () => target.address6],
  ] as const) {
    it(`are recorded over ${family}, half-open scans included`, async () => {
      await source.run('nmap', ['-n', '-Pn', '-sS', '-p', '4001', ...(family === 'IPv6' ? ['-6'] : []), to()]);
      const [seen] = await collect([ring], 1, ({ localPort }) => localPort === 4001);
      assert.deepEqual([seen?.netns, seen?.local, seen?.remote], [target.inode, to(), from()]);
      assert.deepEqual([seen?.outcome, seen?.flags, seen?.process], ['refused', ['roleKnown'], 0]);
      assert.notEqual(seen?.remotePort, 0);
    });
  }

  it('are no other resets: those that answer no SYN are only counted', async () => {
    const { submitted, filtered } = probe.counters();
    await source.run('nmap', ['-n', '-Pn', '-sA', '-p', '4002', target.address]);
    await until(() => probe.counters().filtered.other_reset > filtered.other_reset);
    assert.equal(atRest().submitted, submitted);
  });

  it('are bounded for each source and slice of time, and what is left out is counted', async () => {
    const { submitted, filtered } = atRest();
    const startMs = bootTimeMs();
    const ports = ['-p', '1-20000', '-T5', '--min-rate', '100000', '--max-retries', '0'];
    await source.run('nmap', ['-n', '-Pn', '-sS', ...ports, target.address]);
    const slices = Math.ceil((bootTimeMs() - startMs) / SLICE_MS) + 1;
    const now = atRest();
    const [recorded, left] = [now.submitted - submitted, now.filtered.rate - filtered.rate];
    assert.ok(recorded <= slices * RECORDED_PER_SLICE, `${recorded} in ${slices} slices`);
    assert.ok(left > 0);
    assert.equal(recorded, drainOnce(ring, ({ remote }) => remote === source.address).length);
  });

  it('are in the account: seen = submitted + reserveFailed + filtered', () => {
    const { seen, submitted, reserveFailed, filtered } = atRest();
    assert.equal(
      seen,
      Object.values(filtered).reduce((sum, count) => sum + count, submitted + reserveFailed),
    );
  });

  it('can be left out', async () => {
    const without = openLabProbe({ refused: false, netns: [target.inode] });
    await source.run('nmap', ['-n', '-Pn', '-sS', '-p', '4003', target.address]);
    await collect([ring], 1, ({ localPort }) => localPort === 4003);
    assert.equal(without.counters().submitted, 0);
    without.close();
  });
});
