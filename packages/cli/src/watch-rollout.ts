import type { Progress } from './create-progress.ts';
import type { Rollout } from './format-rollouts.ts';

export type RolloutWatch = {
  /** How it is now. */
  readonly find: () => Promise<Rollout>;
  /** Resolves when it is time to look again. */
  readonly wait: () => Promise<void>;
  readonly progress: Progress;
};

/**
 * Looks at a roll-out until it goes no further by itself: it is done and every agent of which anything is heard has answered, or it is
 * paused or rolled back. The bar counts agents that work by it, of all that it fits. Throws what `find` throws.
 */
export async function watchRollout({ find, wait, progress }: RolloutWatch): Promise<Rollout> {
  try {
    for (;;) {
      const rollout = await find();
      const { applied, applying, fitting } = rollout.convergence;
      progress.update(applied, fitting);
      if (rollout.state === 'DONE' ? applying === 0 : STANDING.has(rollout.state)) return rollout;
      await wait();
    }
  } finally {
    progress.stop();
  }
}

const STANDING: ReadonlySet<string> = new Set(['PAUSED', 'ROLLED_BACK']);
