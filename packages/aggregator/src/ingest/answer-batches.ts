import { type BatchKey, countRows } from '../store/batch.ts';
import type { Commit } from '../store/commit-batch.ts';
import type { Committer } from './create-committer.ts';
import { readBatch } from './read-batch.ts';

/** The batches of one session that are under way. */
export type BatchAnswers = {
  /** Has a batch, as it was received, committed and answered; waits while there are too many. */
  add(key: BatchKey, received: unknown): Promise<void>;
  /** Resolves when all are answered; rejects if the store failed. */
  drained(): Promise<void>;
};

export type BatchAnswersOptions = {
  readonly committer: Committer;
  /** Called for one at a time, in the order in which they were added. */
  readonly answer: (key: BatchKey, commit: Commit) => Promise<void>;
  /** Resolves when more may be read of this agent, after so many rows. */
  readonly pace: (rows: number) => Promise<void>;
  /** Called when the store failed: nothing more will be answered. */
  readonly onFailed: () => void;
};

/** An agent has so many on their way at most. */
const WINDOW = 32;

export function createBatchAnswers({ committer, answer, pace, onFailed }: BatchAnswersOptions): BatchAnswers {
  const answered: Promise<void>[] = [];
  let last: Promise<void> = Promise.resolve();

  async function answerAfter(before: Promise<void>, key: BatchKey, committed: Promise<Commit>): Promise<void> {
    const [commit] = await Promise.all([committed, before]);
    await answer(key, commit);
  }

  return {
    async add(key, received) {
      await committer.room();
      const batch = readBatch(key, received);
      last = answerAfter(last, key, committer.commit(batch));
      last.catch(onFailed);
      answered.push(last);
      await pace(countRows(batch));
      if (answered.length >= WINDOW) await answered.shift();
    },
    drained: () => last,
  };
}
