import { execFileSync } from 'node:child_process';

/** Runs one `ip` command of iproute2; throws with its standard error. Takes 2 to 5 ms, so waiting for it is simplest. */
export function ip(...words: readonly string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
