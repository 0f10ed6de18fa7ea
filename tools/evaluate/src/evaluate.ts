import { setTimeout as delay } from 'node:timers/promises';
import { type Stack, startStack } from '@connscan/demo';
import type { Host } from '@connscan/lab';
import { type Follower, followAggregator } from './follow-aggregator.ts';
import { judge, type Verdict } from './judge.ts';
import { type Scenario, SERVICES, TARGETS } from './scenario.ts';

/** How long a scan that is over may take to be confirmed: the 30 s of the policy, and what a busy machine adds. */
const CONFIRM_MS = 45_000;

/** How long what was seen may take to be told: sightings go out each 2 s. */
const TELL_MS = 10_000;

/** Between the starts of two scenarios: the start of one program must not be part of another one's time. */
const PACE_MS = 2000;

/**
 * The defaults, but no warm-up: in its 15 minutes nothing that is not corroborated would be confirmed, and silence would
 * prove nothing.
 */
export const SETTINGS = { warmUpSeconds: 0 } as const;
const CONFIG = { policy: { models: { connscan_internal_internal: SETTINGS } } };

/**
 * Plays scenarios at the same time, each from sources of its own against the same targets, before one agent with the real
 * probe; returns their verdicts in the same order. Rejects when `signal` aborts or a program fails; leaves nothing behind.
 */
export async function evaluate(
  scenarios: readonly Scenario[],
  say: (step: string) => void,
  signal: AbortSignal,
): Promise<Verdict[]> {
  const ended = new AbortController();
  const stack = await startStack({
    targets: TARGETS,
    sources: scenarios.reduce((sum, { sources = 1 }) => sum + sources, 0),
    services: SERVICES,
    http: '127.0.0.1:0',
    grpc: '127.0.0.1:0',
    config: CONFIG,
    say,
    signal,
  });
  try {
    const stop = AbortSignal.any([signal, ended.signal]);
    const follower = followAggregator(stack, Date.now, stop);
    const free = [...stack.lab.sources];
    const played = scenarios.map(async (scenario, index) => {
      const sources = free.splice(0, scenario.sources ?? 1);
      await delay(index * PACE_MS, undefined, { signal: stop });
      return await play(scenario, sources, stack, follower, stop).catch((cause: Error) => {
        throw stop.aborted ? cause : new Error(`${scenario.name}: ${cause.message}`, { cause });
      });
    });
    say(`playing ${scenarios.length} scenarios`);
    return await Promise.race([Promise.all(played), follower.failure]);
  } finally {
    ended.abort();
    await stack.stop();
  }

  async function play(
    scenario: Scenario,
    sources: readonly Host[],
    { lab, data }: Stack,
    follower: Follower,
    stop: AbortSignal,
  ): Promise<Verdict> {
    const addresses = sources.map(({ address, address6 }) => (scenario.ipv6 ? address6 : address));
    const startMs = Date.now();
    const wait = (seconds: number) => delay(seconds * 1000, undefined, { signal: stop });
    const truths = await scenario.run({ sources, targets: lab.targets, directory: data, wait });
    // As things stand now: a checker that has ended will soon look like one whose beat was a pretence.
    const told = () => addresses.map((address) => follower.detections(address));
    let detections = told();
    if (scenario.expected === 'detection') {
      const confirmed = () => told().every((list) => list.some(({ confidence }) => confidence === 'CONFIRMED'));
      await follower.until(confirmed, CONFIRM_MS);
      detections = told();
    }
    await follower.until(() => addresses.every((at, index) => follower.services(at) === truths[index]), TELL_MS);
    const verdict = judge(
      scenario,
      addresses.map((address, index) => {
        const noticedMs = follower.noticedMs(address);
        return {
          detections: detections[index]!,
          groundTruth: truths[index]!,
          counted: follower.services(address),
          ...(noticedMs !== undefined && { secondsToDetection: Math.round((noticedMs - startMs) / 100) / 10 }),
        };
      }),
    );
    say(`${scenario.name}: ${verdict.got}${verdict.ok ? '' : `, but ${verdict.label}`}`);
    return verdict;
  }
}
