import { randomUUID } from 'node:crypto';
import type { Policy } from '@connscan/model';
import type { Logger } from '@connscan/program';
import type { Labels } from '../store/schema.ts';
import { createLatest, type Latest } from './create-latest.ts';
import { createReplayer, type History, type Replay, type ReplayerOptions } from './create-replayer.ts';
import { findLows } from './find-lows.ts';
import { scaleThresholds, withThresholds } from './suggested-policy.ts';
import { allowedIn, suggestionOf } from './suggestion.ts';
import { curveAround, lowsOf, sortedUnique, withLow } from './what-if-curve.ts';
import { curveOf, resultOf, type WhatIfResult } from './what-if-result.ts';

export const WHAT_IF_STATES = ['WAITING', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED'] as const;

export type WhatIfOptions = {
  readonly present: Policy;
  readonly candidate: Policy;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Whose policies these are. */
  readonly labels: Labels;
  /** Only what these agents told; of all if left out. */
  readonly agentIds?: readonly string[];
  /** Thresholds for low; some around those of the policies if left out. */
  readonly curve?: readonly number[];
  /** The candidate is to be found: the present policy with thresholds that keep each model at so many detections a week. */
  readonly suggest?: { readonly detectionsPerWeek: number };
};

export type WhatIf = Pick<WhatIfOptions, 'sinceMs' | 'untilMs' | 'labels' | 'present' | 'candidate'> & {
  readonly id: string;
  readonly state: (typeof WHAT_IF_STATES)[number];
  /** 0 to 1. */
  readonly progress: number;
  /** Of one that failed. */
  readonly problem?: string;
  /** Of one that is done. */
  readonly result?: WhatIfResult;
};

export type WhatIfs = {
  /** Begins it as soon as those before it are over; undefined if too many wait. */
  start(options: WhatIfOptions): WhatIf | undefined;
  /** Undefined for one that never was, or that many newer ones have displaced. */
  find(id: string): WhatIf | undefined;
  /** Ends it, if it is not over. */
  cancel(id: string): WhatIf | undefined;
  /** How it is now, and whenever that changes, until it is over. A slow reader sees less. */
  follow(id: string): AsyncIterableIterator<WhatIf> | undefined;
  /** Cancels them all. */
  stop(): Promise<void>;
};

/** Each takes all processors: more at a time would not be sooner. */
const MOST_WAITING = 8;

/** Results that are kept, of some 100 kB each. */
const MOST_KEPT = 32;

/** Of a suggestion: then what it would change is replayed. */
const SEARCH_SHARE = 0.6;

type PolicyPair = Pick<WhatIfOptions, 'present' | 'candidate'>;
type WhatIfEnd = Partial<WhatIf> & Pick<WhatIf, 'state'>;
type OnProgress = (progress: number) => void;

type Entry = {
  whatIf: WhatIf;
  readonly options: WhatIfOptions;
  readonly abort: AbortController;
  readonly latest: Latest<WhatIf>;
};

export function createWhatIfs({ log, ...options }: ReplayerOptions & { readonly log: Logger }): WhatIfs {
  const replayer = createReplayer(options);
  const entries = new Map<string, Entry>();
  const waiting: Entry[] = [];
  let running: Promise<void> | undefined;

  function change(entry: Entry, change: Partial<WhatIf>): WhatIf {
    entry.whatIf = { ...entry.whatIf, ...change };
    entry.latest.set(entry.whatIf);
    if (isOver(entry.whatIf)) entry.latest.end();
    return entry.whatIf;
  }

  async function runAll(): Promise<void> {
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) await runOne(entry);
    running = undefined;
  }

  async function runOne(entry: Entry): Promise<void> {
    change(entry, { state: 'RUNNING' });
    try {
      const end = entry.options.suggest ? await suggest(entry, entry.options.suggest) : await tryOut(entry);
      if (!isOver(entry.whatIf)) change(entry, end);
    } catch (error) {
      // The threads of one that was cancelled are ended.
      if (isOver(entry.whatIf)) return;
      log.error({ err: error, whatIf: entry.whatIf.id }, 'a what-if failed');
      change(entry, { state: 'FAILED', problem: (error as Error).message });
    }
  }

  async function tryOut(entry: Entry): Promise<WhatIfEnd> {
    const { options } = entry;
    return { state: 'DONE', progress: 1, result: await compare(entry, await replayer.open(options), options) };
  }

  async function suggest(entry: Entry, { detectionsPerWeek }: { detectionsPerWeek: number }): Promise<WhatIfEnd> {
    const { present, untilMs } = entry.options;
    const history = await replayer.open(entry.options);
    const { sinceMs } = history;
    if (sinceMs === undefined) {
      return { state: 'FAILED', problem: 'there are no sightings then, from which thresholds could be told' };
    }
    const historyMs = untilMs - sinceMs;
    const lows = await findLows({
      policy: present,
      allowed: allowedIn(historyMs, detectionsPerWeek),
      async replay(policy, curve, sources) {
        const lowest = withLow(policy, curve[0]!);
        const chosen = { ...(sources && { sources }), present: lowest, candidate: lowest, curve };
        return curveOf((await run(entry, history, chosen, () => {})).parts);
      },
      onProgress: (progress) => tell(entry, SEARCH_SHARE * progress),
    });
    const thresholds = new Map(
      [...lows].map(([name, low]) => [name, scaleThresholds(present.models[name].thresholds, low)] as const),
    );
    const pair = { present, candidate: withThresholds(present, thresholds) };
    const result = await compare(entry, history, pair, SEARCH_SHARE);
    const suggestion = suggestionOf(result, pair, { detectionsPerWeek, historyMs });
    return { state: 'DONE', progress: 1, candidate: pair.candidate, result: { ...result, suggestion } };
  }

  /** Two policies; so much is done before. */
  async function compare(entry: Entry, history: History, pair: PolicyPair, before = 0): Promise<WhatIfResult> {
    const policies = [pair.present, pair.candidate];
    const { curve: chosen } = entry.options;
    const curve = chosen ? sortedUnique([...chosen, ...lowsOf(policies)]) : curveAround(policies);
    const { present, candidate } = pair;
    const onProgress = (progress: number) => tell(entry, before + (1 - before) * progress);
    return resultOf(await run(entry, history, { present, candidate, curve }, onProgress), pair);
  }

  function run(
    { whatIf: { id }, abort: { signal } }: Entry,
    history: History,
    replay: Omit<Replay, 'id'>,
    onProgress: OnProgress,
  ) {
    return history.replay({ id, ...replay }, { signal, onProgress });
  }

  function tell(entry: Entry, progress: number): void {
    if (!isOver(entry.whatIf)) change(entry, { progress });
  }

  function cancel(entry: Entry): WhatIf {
    if (isOver(entry.whatIf)) return entry.whatIf;
    const place = waiting.indexOf(entry);
    if (place !== -1) waiting.splice(place, 1);
    const cancelled = change(entry, { state: 'CANCELLED' });
    entry.abort.abort();
    return cancelled;
  }

  return {
    start(options) {
      if (waiting.length >= MOST_WAITING) return undefined;
      const { sinceMs, untilMs, labels, present, candidate } = options;
      const whatIf: WhatIf = {
        ...{ id: randomUUID(), state: 'WAITING', progress: 0 },
        ...{ sinceMs, untilMs, labels, present, candidate },
      };
      const entry = { whatIf, options, abort: new AbortController(), latest: createLatest(whatIf) };
      entries.set(whatIf.id, entry);
      waiting.push(entry);
      for (const [id, old] of entries) if (entries.size > MOST_KEPT && isOver(old.whatIf)) entries.delete(id);
      running ??= runAll();
      return entry.whatIf;
    },
    find: (id) => entries.get(id)?.whatIf,
    cancel(id) {
      const entry = entries.get(id);
      return entry && cancel(entry);
    },
    follow: (id) => entries.get(id)?.latest.follow(),
    async stop() {
      for (const entry of entries.values()) cancel(entry);
      await running;
      await replayer.stop();
    },
  };
}

function isOver({ state }: WhatIf): boolean {
  return state !== 'WAITING' && state !== 'RUNNING';
}
