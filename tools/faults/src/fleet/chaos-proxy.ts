import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What happens to one connection, after so many bytes in one direction. */
const FAULTS = ['reset', 'cut', 'silence', 'pause'] as const;
type Fault = (typeof FAULTS)[number];

/** A connection lives at most so many bytes before its fault, and a silence or pause so long, in milliseconds. */
const MAX_BYTES = 40_000;
const MAX_QUIET_MS = 400;

export type ChaosProxy = {
  readonly port: number;
  /** Connections that a fault ended or held up, by fault. */
  readonly faults: Readonly<Record<Fault, number>>;
  /** From now on connections are left alone; those of before are reset. */
  calm(): void;
  close(): Promise<void>;
};

/**
 * A TCP proxy to a port of this host, with one fault in each connection, in either direction, at a place that `random` (0 up to,
 * not including, its argument) draws: a reset; an end in the middle of a frame (cut); everything lost from there on,
 * acknowledgements for example, while the other direction goes on, and a reset later (silence); a delay (pause).
 */
export async function startChaosProxy(targetPort: number, random: (below: number) => number): Promise<ChaosProxy> {
  const faults = { reset: 0, cut: 0, silence: 0, pause: 0 };
  const open = new Set<Socket>();
  let calm = false;

  function track(socket: Socket): Socket {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    return socket;
  }

  const server: Server = createServer((client) => {
    track(client);
    const target = track(connect(targetPort, '127.0.0.1'));
    const reset = () => {
      for (const socket of [client, target]) socket.resetAndDestroy();
    };
    for (const socket of [client, target]) socket.on('close', reset);
    const isUp = random(2) === 0;
    const fault = {
      kind: FAULTS[random(FAULTS.length)]!,
      after: random(MAX_BYTES),
      quietMs: random(MAX_QUIET_MS),
      reset,
    };
    forward(client, target, isUp ? fault : undefined);
    forward(target, client, isUp ? undefined : fault);
  });

  function forward(from: Socket, to: Socket, fault: Plan | undefined): void {
    let passed = 0;
    let silent = false;
    from.on('data', (chunk: Buffer) => {
      if (silent) return;
      const left = fault && !calm ? fault.after - passed : Number.POSITIVE_INFINITY;
      passed += chunk.length;
      if (chunk.length < left) {
        if (!to.write(chunk)) holdUntilDrained(from, to);
        return;
      }
      to.write(chunk.subarray(0, left));
      const { kind, quietMs, reset } = fault!;
      faults[kind]++;
      if (kind === 'reset') return reset();
      if (kind === 'cut') return void to.end(reset);
      if (kind === 'silence') {
        silent = true;
        return void setTimeout(reset, quietMs);
      }
      from.pause();
      setTimeout(() => {
        to.write(chunk.subarray(left));
        from.resume();
      }, quietMs);
      fault = undefined;
    });
    from.on('end', () => to.end());
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    faults,
    calm() {
      calm = true;
      for (const socket of open) socket.resetAndDestroy();
    },
    async close() {
      for (const socket of open) socket.resetAndDestroy();
      server.close();
      await once(server, 'close');
    },
  };
}

type Plan = { readonly kind: Fault; readonly after: number; readonly quietMs: number; readonly reset: () => void };

function holdUntilDrained(from: Socket, to: Socket): void {
  from.pause();
  to.once('drain', () => from.resume());
}
