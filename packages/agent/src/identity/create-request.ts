import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** A new key on P-256, and the PKCS#10 request, DER, for a certificate of it. */
export type KeyRequest = { readonly key: KeyObject; readonly request: Uint8Array };

/**
 * Made in a thread that ends with it: the library for requests takes 22 MiB, which a running agent would hold for something
 * that it does every twenty days.
 */
export async function createRequest(): Promise<KeyRequest> {
  const worker = new Worker(new URL('./request-worker.ts', import.meta.url));
  try {
    const [made] = (await once(worker, 'message')) as [KeyRequest];
    return made;
  } finally {
    await worker.terminate();
  }
}
