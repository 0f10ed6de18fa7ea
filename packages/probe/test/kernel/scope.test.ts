import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createLab, type Lab } from '@connscan/lab';
import { type MappedRing, mapRing } from '../../src/map-ring.ts';
import type { Probe } from '../../src/probe.ts';
import { collect } from '../collect.ts';
import { until } from '../until.ts';
import { openLabProbe } from './open-lab-probe.ts';

const SERVICE = 3000;

describe('scope', () => {
  let lab: Lab;
  let probe: Probe;
  let ring: MappedRing;

  before(async () => {
    lab = createLab({ targets: 1 });
    await lab.targets[0]!.serve([`silent:${SERVICE}`]);
    probe = openLabProbe({ netns: [lab.source.inode] });
    ring = mapRing(probe.rings[0]!);
  });
  after(() => {
    ring?.close();
    probe?.close();
    lab?.close();
  });

  /** The namespaces that a connection leaves records of, as many as expected; any more are seen by the next call. */
  async function recorded(expected: number): Promise<Set<number>> {
    const { netns } = probe.counters().filtered;
    await lab.source.run('bash', ['-c', `exec 3<>/dev/tcp/${lab.targets[0]!.address}/${SERVICE}`]);
    await until(() => probe.counters().filtered.netns >= netns + 2 - expected);
    const seen = await collect([ring], expected, ({ localPort, remotePort }) =>
      [localPort, remotePort].includes(SERVICE),
    );
    return new Set(seen.map((record) => record.netns));
  }

  it('is what the probe was opened with, and counts what falls out of it', async () => {
    const { netns } = probe.counters().filtered;
    assert.deepEqual(await recorded(1), new Set([lab.source.inode]));
    assert.ok(probe.counters().filtered.netns > netns);
  });

  it('changes while the probe runs, to other namespaces, to none and to all', async () => {
    const [source, target] = [lab.source.inode, lab.targets[0]!.inode];
    for (const scope of [[target], [source, target], [], [source]]) {
      probe.setNetns(scope);
      assert.deepEqual(await recorded(scope.length), new Set(scope));
    }
    probe.setNetns(undefined);
    assert.deepEqual(await recorded(2), new Set([source, target]));
    probe.setNetns([target]);
    assert.deepEqual(await recorded(1), new Set([target]));
  });

  it('never lacks a namespace that is in the old and in the new one', async () => {
    const [source, target] = [lab.source.inode, lab.targets[0]!.inode];
    probe.setNetns([source, target]);
    let over = false;
    const connections = recorded(2).then(async (first) => {
      const sets = [first, await recorded(2), await recorded(2)];
      over = true;
      return sets;
    });
    let changes = 0;
    await until(() => {
      probe.setNetns(++changes % 3 === 0 ? undefined : [source, target, 1000 + (changes % 500)]);
      return over;
    });
    for (const seen of await connections) assert.deepEqual(seen, new Set([source, target]));
  });

  it('takes as many as 512, all others at once', () => {
    const many = Array.from({ length: 512 }, (_, index) => 2 ** 32 - 1 - index);
    for (const scope of [many, many.map((inode) => inode - 512), []]) probe.setNetns(scope);
    assert.throws(() => probe.setNetns([...many, 1]), { code: 'BAD_USAGE' });
    for (const inode of [0, -1, 1.5, 2 ** 32]) assert.throws(() => probe.setNetns([inode]), { code: 'BAD_USAGE' });
  });
});
