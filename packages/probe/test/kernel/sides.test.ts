import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createLab, type Host, type Lab } from '@connscan/lab';
import { parseCidr, type Side } from '@connscan/model';
import type { Sides } from '../../src/open-watch.ts';
import type { Probe } from '../../src/probe.ts';
import { until } from '../until.ts';
import { openLabProbe } from './open-lab-probe.ts';

const SERVICE = 3000;
const EVERY: readonly Sides[] = (['internal', 'external'] as const).flatMap((from) =>
  (['internal', 'external'] as const).map((to) => ({ from, to })),
);

describe('sides', () => {
  let lab: Lab;
  let probe: Probe;
  /** Two hosts on each side. */
  let hosts: Record<Side, readonly [Host, Host]>;

  before(async () => {
    lab = createLab({ targets: 3 });
    const [first, second, third] = lab.targets as [Host, Host, Host];
    hosts = { internal: [lab.source, first], external: [second, third] };
    for (const [, host] of Object.values(hosts)) await host.serve([`silent:${SERVICE}`]);
    const internalCidrs = hosts.internal.map(({ address }) => parseCidr(`${address}/32`)!);
    const netns = [lab.source, ...lab.targets].map(({ inode }) => inode);
    probe = openLabProbe({ internalCidrs, netns });
  });
  after(() => {
    probe?.close();
    lab?.close();
  });

  /** How many of the two ends of a connection left a record. */
  async function recorded({ from, to }: Sides): Promise<number> {
    const before = probe.counters();
    const connect = `exec 3<>/dev/tcp/${hosts[to][1].address}/${SERVICE}`;
    await hosts[from][0].run('bash', ['-c', connect]);
    const seen = () => {
      const { submitted, filtered } = probe.counters();
      return submitted - before.submitted + filtered.external - before.filtered.external;
    };
    await until(() => seen() === 2);
    return probe.counters().submitted - before.submitted;
  }

  it('are both inside unless others are asked for', async () => {
    for (const sides of EVERY) {
      assert.equal(await recorded(sides), sides.from === 'internal' && sides.to === 'internal' ? 2 : 0);
    }
  });

  it('change while the probe runs, and mean the originator and the responder at either end', async () => {
    for (const asked of [[EVERY[1]!], [EVERY[2]!], [EVERY[0]!, EVERY[3]!], EVERY, []]) {
      probe.setLimits({ maxOriginatorBytes: 16, maxLifetimeSeconds: 60, sides: asked });
      for (const sides of EVERY) assert.equal(await recorded(sides), asked.includes(sides) ? 2 : 0);
    }
  });
});
