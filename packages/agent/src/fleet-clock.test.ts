import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '@connscan/program';
import { createFleetClock } from './fleet-clock.ts';

const quiet = createLogger('test');
quiet.level = 'silent';

/** When the host booted by the aggregator's clock, as Unix time. */
const BOOT_MS = 1_800_000_000_000;

/** A host whose clock is `aheadMs` ahead of the aggregator's; both are read only where a test says so. */
function createHost(aheadMs = 0) {
  const host = { nowMs: 5000, aheadMs, aggregatorAheadMs: 0 };
  const clock = createFleetClock({
    bootTimeMs: () => host.nowMs,
    wallTimeMs: () => BOOT_MS + host.nowMs + host.aheadMs,
    logger: quiet,
  });
  /** The aggregator answers after `there`, and that is read after `back`, in milliseconds. */
  const ask = (there: number, back: number) => {
    const sentMs = host.nowMs;
    host.nowMs += there;
    const wallMs = BOOT_MS + host.nowMs + host.aggregatorAheadMs;
    host.nowMs += back;
    clock.told({ wallMs, sentMs });
  };
  const errorMs = () => clock.wallTimeMs() - BOOT_MS - host.nowMs;
  return { host, clock, ask, errorMs };
}

test('until the aggregator has answered, the clock of the host counts', () => {
  const { clock, errorMs } = createHost(86_400_000);
  assert.deepEqual([errorMs(), clock.aheadMs()], [86_400_000, 0]);
});

test('a clock within a second of the aggregator is left as it is, so that times are those of the logs of the host', () => {
  const { clock, ask, errorMs } = createHost(900);
  ask(5, 5);
  assert.deepEqual([errorMs(), clock.aheadMs()], [900, 0]);
});

for (const aheadMs of [86_400_000, -3_600_000, 31_536_000_000]) {
  test(`a clock that is ${aheadMs} ms ahead is told, and the time is the aggregator's`, () => {
    const { clock, ask, errorMs } = createHost(aheadMs);
    ask(5, 5);
    assert.deepEqual([errorMs(), clock.aheadMs()], [-5, aheadMs > 0 ? aheadMs - 5 : aheadMs + 5]);
  });
}

test('a clock that is set between two answers counts no more at once, and again once it is right', () => {
  const { host, clock, ask, errorMs } = createHost();
  ask(5, 5);
  host.aheadMs = -7_200_000;
  host.nowMs += 1000;
  assert.equal(errorMs(), -5);
  assert.equal(clock.aheadMs(), -7_199_995);
  host.aheadMs = 3;
  assert.deepEqual([errorMs(), clock.aheadMs()], [3, 0]);
});

test('an answer that was half a minute on its way or waited to be read says nothing against a clock that is right', () => {
  for (const [there, back] of [
    [30_000, 5],
    [5, 30_000],
  ] as const) {
    const { clock, ask, errorMs } = createHost();
    ask(there, back);
    assert.deepEqual([errorMs(), clock.aheadMs()], [0, 0]);
  }
});

test('of many answers the quickest count', () => {
  const { ask, errorMs } = createHost(-3_600_000);
  for (const back of [30_000, 20, 900]) ask(5, back);
  assert.equal(errorMs(), -20);
});

test('an aggregator whose own clock was set is followed at its next answer', () => {
  const { host, ask, errorMs } = createHost();
  for (let n = 0; n < 20; n++) ask(5, 5);
  for (const aggregatorAheadMs of [-7200_000, 7200_000]) {
    host.aggregatorAheadMs = aggregatorAheadMs;
    ask(5, 5);
    assert.equal(errorMs(), aggregatorAheadMs - 5);
  }
});
