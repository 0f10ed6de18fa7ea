import { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';

/**
 * What `pg` takes for its socket, with a PGlite thread of its own at the other end. The thread lives as long as the
 * stream: it starts at `connect`, after `previous` is settled, and `exited` settles when its data directory is free.
 */
export class EmbeddedStream extends Duplex {
  readonly exited: Promise<void>;
  readonly #start: () => Promise<void>;
  #worker: Worker | undefined;

  constructor({ directory, previous }: { readonly directory: string; readonly previous: Promise<void> }) {
    super();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.exited = promise;
    this.once('close', () => this.#worker ?? resolve());
    this.#start = async () => {
      await previous;
      if (this.destroyed) return;
      this.#worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), { workerData: { directory } });
      this.#worker.on('message', (message: 'ready' | Uint8Array) => {
        if (message === 'ready') this.emit('connect');
        else this.push(message);
      });
      this.#worker.on('error', (error) => this.destroy(error));
      this.#worker.once('exit', () => {
        resolve();
        this.push(null);
        this.destroy();
      });
    };
  }

  connect(): this {
    void this.#start();
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#post([chunk]);
    done();
  }

  /** A query is five protocol messages; together they are one message to the thread and one answer. */
  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#post(chunks.map(({ chunk }) => chunk));
    done();
  }

  /** The bytes are copied once, and then belong to the thread: a group of sightings is half a megabyte. */
  #post(chunks: readonly Buffer[]): void {
    const request = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of chunks) {
      request.set(chunk, at);
      at += chunk.length;
    }
    this.#worker?.postMessage(request, [request.buffer]);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    void this.#worker?.terminate();
    done(error);
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.#worker?.ref();
    return this;
  }

  unref(): this {
    this.#worker?.unref();
    return this;
  }
}
