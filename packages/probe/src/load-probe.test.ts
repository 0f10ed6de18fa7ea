import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LoadOptions, loadProbe } from './load-probe.ts';
import { FEATURES, type Native } from './native.ts';
import { descriptorsOf } from './probe-fds.ts';

const OPTIONS: LoadOptions = {
  shards: 2,
  ringBytes: 4096,
  seed: 1n,
  trace: false,
  optional: ['attribution', 'paths', 'listeners', 'refused'],
};

/** A kernel that refuses some features, halfway through as the real one may; and the descriptors that are open. */
function createKernel(refused: number) {
  const open = new Set<number>();
  let last = 100;
  const next = () => {
    open.add(++last);
    return last;
  };
  const native = {
    load(_shards: number, _ringBytes: number, _seed: bigint, features: number, result: Record<string, unknown>) {
      for (const name of ['counters', 'settings', 'internal', 'scope', 'processes']) result[name] = next();
      if (features & refused) throw new Error(`refused ${features & refused}`);
      Object.assign(result, {
        cells: 4,
        processEntries: 1,
        programs: { on_set_state: next() },
        rings: [next(), next()],
      });
    },
    close(fd: number) {
      assert.ok(open.delete(fd));
    },
  } satisfies Partial<Record<keyof Native, unknown>> as unknown as Native;
  return { native, open };
}

describe('loading', () => {
  it('takes all programs where the kernel does', () => {
    const { native, open } = createKernel(0);
    const fds = loadProbe(native, OPTIONS);
    assert.deepEqual(fds.unavailable, []);
    assert.deepEqual(new Set(descriptorsOf(fds)), open);
  });

  it('goes without an optional program that the kernel refuses, and says which and why', () => {
    for (const [program, bit] of Object.entries(FEATURES).filter(([name]) => name !== 'trace')) {
      const { native, open } = createKernel(bit);
      const fds = loadProbe(native, OPTIONS);
      assert.deepEqual(fds.unavailable, [{ program, reason: `refused ${bit}` }]);
      assert.deepEqual(new Set(descriptorsOf(fds)), open);
    }
  });

  it('fails where the kernel refuses even the plain probe, and leaves nothing open', () => {
    const { native, open } = createKernel(FEATURES.trace);
    assert.throws(() => loadProbe(native, { ...OPTIONS, trace: true }), {
      code: 'PROBE_REFUSED',
      message: /^refused 8/,
    });
    assert.equal(open.size, 0);
  });
});
