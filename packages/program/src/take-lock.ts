import { createServer } from 'node:net';

/** A lock that this process holds until it releases it or ends. */
export type Lock = { release(): Promise<void> };

/**
 * Takes the lock of this name; undefined if another process holds it. Rejects if the kernel refuses the socket.
 *
 * It is an abstract unix socket: the kernel gives the name to one process of the network namespace and takes it back
 * when that process ends in any way, so there is no stale lock file to judge.
 */
export function takeLock(name: string): Promise<Lock | undefined> {
  const socket = createServer((connection) => connection.destroy());
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    socket.listen(`\0connscan:${name}`, () => {
      socket.unref();
      resolve({ release: () => new Promise((done) => socket.close(() => done())) });
    });
  });
}
