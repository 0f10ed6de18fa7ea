import { fileURLToPath } from 'node:url';
import type { Host } from '@connscan/lab';

/** No script is waited for longer. */
const AT_MOST_MS = 600_000;

/** Runs a script of programs/ on a host to its end; returns how many different services it said it reached. */
export async function runScript(host: Host, script: string, args: readonly (string | number)[]): Promise<number> {
  const file = fileURLToPath(new URL(`../programs/${script}`, import.meta.url));
  // -B: leave no compiled files in the tree.
  const output = await host.run('python3', ['-B', file, ...args.map(String)], AT_MOST_MS);
  return new Set(output.match(/^\S+:\d+$/gm)).size;
}
