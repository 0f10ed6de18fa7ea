import type { Logger } from '@connscan/program';
import { createRollouts, type RolloutParts, type Rollouts } from './create-rollouts.ts';

/** Agents answer a policy within a second, and detections come as they are found: a flood is paused within seconds. */
const CHECK_MS = 2000;

/** Roll-outs that go on by themselves until `stop`, which waits for what is being done. */
export function startRollouts(parts: RolloutParts & { readonly log: Logger }): Rollouts & { stop(): Promise<void> } {
  const rollouts = createRollouts(parts);
  let checking: Promise<void> | undefined;
  const timer = setInterval(() => {
    checking ??= rollouts
      .check()
      .catch((error) => parts.log.error({ err: error }, 'the store failed: roll-outs stand still'))
      .finally(() => {
        checking = undefined;
      });
  }, CHECK_MS);
  return {
    ...rollouts,
    async stop() {
      clearInterval(timer);
      await checking;
    },
  };
}
