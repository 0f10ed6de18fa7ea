import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import type { ProbeCounters } from '@connscan/probe';
import type { Logger } from '@connscan/program';
import type { Canary as CanaryHealth } from '@connscan/wire';

/** Three in a row that nobody saw are 15 s, so that an aggregator knows within 30 s. */
const INTERVAL_MS = 5000;

/** A connection that has not ended by then, in milliseconds, is given up. */
const PATIENCE_MS = 2000;

/** Both ends of a connection end. */
const ENDS = 2;

/** So many missed in a row are told in the log. */
const MISSED = 3;

export type CanaryOptions = {
  readonly counters: () => Pick<ProbeCounters, 'filtered' | 'recursionMisses'>;
  readonly logger: Pick<Logger, 'error' | 'info'>;
};

/**
 * Connections of the agent to itself, to see whether its probe is alive. They are silent, on loopback, and last no
 * millisecond. The kernel counts both ends as `loopback`, or as `netns` where the agent's own namespace is out of scope, and
 * makes no record of them: they are in no table, no sighting and no detection. One is seen if those counts have risen by its
 * two ends when it is over. What that proves: the tracepoint fires, the program is attached and runs, and its counters reach
 * this process. It says nothing about the rings and the workers; submitted = processed + waiting does.
 */
export type Canary = {
  /** Resolves when it listens. Never rejects: an agent without a canary goes on, and says so in its log. */
  start(): Promise<void>;
  stop(): Promise<void>;
  health(): CanaryHealth;
  /** Connections since the last one that was seen. */
  missed(): number;
};

/** A canary that has not begun. */
export function createCanary({ counters, logger }: CanaryOptions): Canary {
  let server: Server | undefined;
  let timer: NodeJS.Timeout | undefined;
  let flight: Promise<void> = Promise.resolve();
  let sent = 0;
  let seen = 0;
  let missed = 0;

  /** Ends that the probe has counted, or could not as it was at work on their CPU: it is alive then. */
  function endsCounted(): number {
    const { filtered, recursionMisses } = counters();
    return filtered.loopback + filtered.netns + recursionMisses;
  }

  async function fly(port: number): Promise<void> {
    const before = endsCounted();
    // None was made, so there is nothing to see: no free port, or no descriptor left.
    if (!(await connectOnce(port))) return;
    sent++;
    if (endsCounted() - before >= ENDS) {
      if (missed >= MISSED) logger.info('the probe sees connections again');
      seen++;
      missed = 0;
    } else if (++missed === MISSED) {
      logger.error({ missed }, 'the probe is dead: it does not see the connections of the agent to itself');
    }
  }

  return {
    async start() {
      // Nobody else has business here.
      const listening = createServer((socket) => socket.on('error', () => {}).destroy());
      try {
        listening.listen(0, '127.0.0.1');
        await once(listening, 'listening');
      } catch (error) {
        return logger.error({ err: error }, 'there is no canary: the agent cannot listen on loopback');
      }
      server = listening;
      const { port } = server.address() as AddressInfo;
      const send = () => {
        flight = fly(port);
      };
      send();
      timer = setInterval(send, INTERVAL_MS);
    },
    async stop() {
      clearInterval(timer);
      await flight;
      const closed = server && once(server, 'close');
      server?.close();
      await closed;
    },
    health: () => ({ sent, seen }),
    missed: () => missed,
  };
}

/** A connection that is opened, and ended by a reset as nothing is left of it then; false if it came to nothing. */
async function connectOnce(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1', timeout: PATIENCE_MS });
  socket.on('timeout', () => socket.destroy(new Error('timeout')));
  try {
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.resetAndDestroy();
    await closed;
    return true;
  } catch {
    return false;
  }
}
