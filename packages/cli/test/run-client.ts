import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { SpawnedAggregator } from '@connscan/lab';

const PROGRAM = fileURLToPath(import.meta.resolve('../src/main.ts'));

/** The client as a process, which asks an aggregator. */
export function spawnClient({ origin, token }: Pick<SpawnedAggregator, 'origin' | 'token'>, args: readonly string[]) {
  const env = { ...process.env, CONNSCAN_URL: `${origin}/graphql`, CONNSCAN_TOKEN: token };
  return spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The client, run to its end. */
export async function runClient(
  aggregator: Pick<SpawnedAggregator, 'origin' | 'token'>,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawnClient(aggregator, args);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}

/** What the client prints when it ends well. */
export async function shownBy(
  aggregator: Pick<SpawnedAggregator, 'origin' | 'token'>,
  ...args: readonly string[]
): Promise<string> {
  const { code, stdout, stderr } = await runClient(aggregator, ...args);
  assert.equal(code, 0, stderr);
  assert.ok(!stdout.includes('\u001b'), 'text of others speaks to the terminal');
  return stdout;
}
