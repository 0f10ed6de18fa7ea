import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@connscan/program';
import type {
  AgentMessage,
  AggregatorMessage,
  Health,
  Hello,
  PolicyMessage,
  PolicyState,
  TimeMessage,
  UplinkClient,
} from '@connscan/wire';
import { ExponentialBackoff, fullJitterGenerator } from 'cockatiel';
import { createSendWindow } from './send-window.ts';
import type { Spool } from './spool/spool.ts';
import type { SessionStatus } from './status/agent-status.ts';

/** How often the counters go up, in milliseconds: one lost record is visible at the aggregator within 5 s. */
const HEALTH_MS = 2000;

/** First and longest wait before a lost session is opened again, in milliseconds; each is drawn from 0 up to that. */
const BACKOFF = { initialDelay: 1000, maxDelay: 60_000, generator: fullJitterGenerator };

/** An aggregator that asks for a pause gets this share of it more at most, so that not all agents come back at once. */
const PAUSE_JITTER = 0.2;

export type UplinkOptions = {
  /** A client for the next session, with the identity of now. */
  readonly connect: () => UplinkClient;
  /** What the agent says of itself now. */
  readonly hello: () => Hello;
  readonly spool: Pick<Spool, 'epoch' | 'openReader' | 'acknowledge' | 'waiting' | 'onChange'>;
  readonly health: () => Health;
  /** What became of the policy that was taken last. */
  readonly policyState: () => PolicyState;
  /** Takes a policy; `tell` passes on how that goes, now or later. */
  readonly takePolicy: (policy: PolicyMessage, tell: (state: PolicyState) => void) => void;
  /** Takes the time that the aggregator has. */
  readonly takeTime: (time: TimeMessage) => void;
  readonly bootTimeMs: () => number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly wallTimeMs: () => number;
  readonly logger: Logger;
};

export type Uplink = {
  start(): void;
  status(): SessionStatus;
  /** Waits until all is acknowledged, at most `withinMs`, and ends the session; returns the batches left. */
  stop(withinMs: number): Promise<number>;
};

/** Keeps one session with the aggregator: sends what the spool holds, again where it was not acknowledged. */
export function createUplink(options: UplinkOptions): Uplink {
  const { connect, hello, spool, health, policyState, takePolicy, takeTime, bootTimeMs, random, wallTimeMs, logger } =
    options;
  const stopping = new AbortController();
  let wake = () => {};
  let finished: Promise<void> = Promise.resolve();
  let status: SessionStatus = { state: 'connecting', sinceMs: wallTimeMs() };
  /** What is not named stays as it was. */
  const note = (change: Partial<SessionStatus>) => {
    status = { ...status, ...change };
  };
  spool.onChange(() => wake());

  async function keepSession(): Promise<void> {
    const fresh = new ExponentialBackoff<number>(BACKOFF).next();
    let backoff = fresh;
    while (!stopping.signal.aborted) {
      const { accepted, reason, pauseMs } = await runSession();
      if (stopping.signal.aborted) return;
      if (accepted) backoff = fresh;
      const retryMs = Math.round(Math.max(backoff.duration, pauseMs * (1 + PAUSE_JITTER * random())));
      const endedMs = wallTimeMs();
      note({
        state: 'waiting',
        sinceMs: endedMs,
        lastError: reason,
        lastErrorMs: endedMs,
        nextRetryMs: endedMs + retryMs,
      });
      logger.warn({ reason, waiting: spool.waiting(), retryMs }, 'session lost');
      await delay(retryMs, undefined, { signal: stopping.signal }).catch(() => {});
      note({ state: 'connecting', sinceMs: wallTimeMs(), nextRetryMs: undefined });
      backoff = backoff.next(undefined);
    }
  }

  /** One session from Hello to its end, whatever ends it. */
  function runSession(): Promise<{ accepted: boolean; reason: string; pauseMs: number }> {
    return new Promise((resolve) => {
      const client = connect();
      const stream = client.session();
      const greeting = hello();
      const reader = spool.openReader();
      const window = createSendWindow();
      let writable = true;
      let open = true;
      let pumping = false;
      let woken = false;
      let accepted = false;
      let pauseMs = 0;
      const write = (message: AgentMessage) => {
        if (open) writable = stream.write(message);
      };
      const sendHealth = () => write({ health: { ...health(), sentMs: Math.floor(bootTimeMs()) } });

      const pump = async () => {
        pumping = true;
        do {
          woken = false;
          while (open && writable && window.hasRoom()) {
            const batch = await reader.next();
            if (!batch || !open) break;
            window.add(batch);
            write({ batch });
          }
          // Something came while the reader was finding nothing.
        } while (woken);
        pumping = false;
      };
      wake = () => {
        if (spool.epoch !== greeting.epoch) return end('the spool goes on under another epoch');
        woken = true;
        if (!pumping) void pump();
      };

      const timer = setInterval(sendHealth, HEALTH_MS);
      const end = (reason: string) => {
        if (!open) return;
        open = false;
        clearInterval(timer);
        stopping.signal.removeEventListener('abort', hangUp);
        wake = () => {};
        reader.close();
        client.close();
        resolve({ accepted, reason, pauseMs });
      };
      const hangUp = () => {
        sendHealth();
        stream.end();
      };
      stopping.signal.addEventListener('abort', hangUp);

      const take = (message: AggregatorMessage) => {
        if (!open) return;
        if ('ack' in message && message.ack) {
          note({ lastAckMs: wallTimeMs() });
          spool.acknowledge(window.acknowledge(message.ack.through));
          wake();
        } else if ('reject' in message && message.reject) {
          logger.error(message.reject, 'the aggregator can never store this batch; it is given up');
        } else if ('policy' in message && message.policy) {
          takePolicy(message.policy, (state) => write({ policyState: state }));
        } else if ('retryAfter' in message && message.retryAfter) {
          pauseMs = message.retryAfter.milliseconds;
        } else if ('time' in message && message.time) {
          takeTime(message.time);
        }
      };
      stream.on('drain', () => {
        writable = true;
        wake();
      });
      // The aggregator sends them once it has taken the Hello.
      stream.on('metadata', () => {
        accepted = true;
        note({ state: 'connected', sinceMs: wallTimeMs() });
      });
      stream.on('data', take);
      stream.on('error', (error) => end(error.message));
      stream.on('end', () => end('ended by the aggregator'));

      write({ hello: greeting });
      write({ policyState: policyState() });
      sendHealth();
      wake();
    });
  }

  return {
    start() {
      finished = keepSession();
    },
    status: () => status,
    async stop(withinMs) {
      const empty = new Promise<void>((resolve) => {
        const check = () => spool.waiting() === 0 && resolve();
        spool.onChange(check);
        check();
      });
      const timeout = new AbortController();
      await Promise.race([empty, delay(withinMs, undefined, { signal: timeout.signal }).catch(() => {})]);
      timeout.abort();
      stopping.abort();
      await Promise.race([finished, delay(1000, undefined, { ref: false })]);
      note({ state: 'stopped', sinceMs: wallTimeMs() });
      return spool.waiting();
    },
  };
}
