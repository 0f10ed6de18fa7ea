import type { MessagePort } from 'node:worker_threads';
import type { CopyAnswer } from './copy-from.ts';

/** Answers a worker, which sends one statement after the other, by what the embedded store says. Ends with the worker's end. */
export function serveCopies(port: MessagePort, copyOut: (statement: string) => Promise<Uint8Array[]>): void {
  const answer = (part: CopyAnswer) => port.postMessage(part);
  port.on('message', (statement: string) => {
    copyOut(statement).then(
      (chunks) => {
        for (const chunk of chunks) answer(chunk);
        answer(true);
      },
      (error: Error) => answer(error),
    );
  });
}
