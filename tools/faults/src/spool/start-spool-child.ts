import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SpoolHealth } from '@connscan/wire';
import type { SpoolChildOptions } from './spool-child.ts';
import type { Tally } from './tally.ts';

const CHILD = fileURLToPath(new URL('./spool-child.ts', import.meta.url));

/** A child whose pipe says nothing for so many milliseconds has said all that it can while it is stopped. */
const SILENCE_MS = 50;

/** No child needs longer for anything, in milliseconds. */
const PATIENCE_MS = 60_000;

export type SpoolChild = {
  readonly pid: number;
  opened(): Promise<void>;
  /** Until it has said so many lines more, or has ended. */
  lines(count: number): Promise<void>;
  /** Whether batches are acknowledged as they come. */
  acknowledge(does: boolean): void;
  send(line: 'hold' | 'go'): void;
  health(): Promise<SpoolHealth>;
  /** kill -9. */
  kill(): Promise<void>;
  /** SIGSTOP, until it is let go on; all that it has said is in the tally. */
  freeze(): Promise<() => void>;
  /** Until everything is acknowledged; then it ends by itself. Throws if it does not. */
  finish(): Promise<void>;
};

export type StartOptions = SpoolChildOptions & {
  readonly tally: Tally;
  /** Before node, such as strace with its options. */
  readonly before?: readonly string[];
};

/** Starts the child; what it says goes into the tally, and what it sends is acknowledged. */
export function startSpoolChild({ tally, before = [], ...options }: StartOptions): SpoolChild {
  const [command, ...args] = [...before, process.execPath, CHILD, JSON.stringify(options)];
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => {});
  const closed = once(child, 'close');
  let epoch = '';
  let isAcknowledging = true;
  let said = 0;
  let hasEnded = false;
  let health = Promise.withResolvers<SpoolHealth>();
  const opened = Promise.withResolvers<void>();
  const waiting = new Set<() => void>();
  const input = createInterface({ input: child.stdout });
  input.on('line', (line) => {
    said++;
    hear(line);
    for (const check of waiting) check();
  });
  const heard = once(input, 'close');

  function hear(line: string): void {
    const [word, first = '', ...rest] = line.split(' ');
    const seq = Number(first);
    if (word === 'open') {
      epoch = first;
      opened.resolve();
    } else if (word === 'durable') {
      tally.durable(epoch, seq, Number(rest[0]));
    } else if (word === 'sent') {
      tally.sent(epoch, seq, rest[0] === 'changed' ? undefined : Number(rest[0]));
      if (isAcknowledging) child.stdin.write(`ack ${epoch} ${seq}\n`);
    } else if (word === 'loss') {
      tally.loss(epoch, seq, JSON.parse(rest.join(' ')));
      if (isAcknowledging) child.stdin.write(`ack ${epoch} ${seq}\n`);
    } else if (word === 'health') {
      health.resolve(JSON.parse(first));
    } else if (word === 'end') {
      hasEnded = true;
      tally.through(epoch, (JSON.parse(first) as SpoolHealth).appended);
    }
  }

  const within = async <T>(promise: Promise<T>, what: string): Promise<T> => {
    const late = new AbortController();
    const timeout = delay(PATIENCE_MS, undefined, { signal: late.signal }).then(() => {
      // Or the run would wait for it and never end.
      child.kill('SIGKILL');
      throw new Error(`the spool did not ${what} within ${PATIENCE_MS / 1000} s`);
    });
    timeout.catch(() => {});
    try {
      return await Promise.race([promise, timeout]);
    } finally {
      late.abort();
    }
  };

  return {
    pid: child.pid!,
    opened: () => within(Promise.race([opened.promise, closed.then(() => {})]), 'open'),
    async lines(count) {
      const target = said + count;
      const { promise, resolve } = Promise.withResolvers<void>();
      const check = () => said >= target && resolve();
      waiting.add(check);
      await within(Promise.race([promise, heard.then(() => {})]), 'go on');
      waiting.delete(check);
    },
    acknowledge(does) {
      isAcknowledging = does;
    },
    send: (line) => void child.stdin.write(`${line}\n`),
    health() {
      health = Promise.withResolvers();
      child.stdin.write('health\n');
      return within(health.promise, 'tell its health');
    },
    async kill() {
      child.kill('SIGKILL');
      await Promise.all([closed, heard]);
    },
    async freeze() {
      process.kill(child.pid!, 'SIGSTOP');
      for (let before = -1; before !== said; ) {
        before = said;
        await delay(SILENCE_MS);
      }
      return () => process.kill(child.pid!, 'SIGCONT');
    },
    async finish() {
      child.stdin.write('finish\n');
      try {
        await within(Promise.all([closed, heard]), 'end');
      } finally {
        child.kill('SIGKILL');
      }
      if (!hasEnded) throw new Error('the spool ended before everything was acknowledged');
    },
  };
}
