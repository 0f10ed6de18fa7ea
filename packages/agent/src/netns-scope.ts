import { statSync } from 'node:fs';
import { ConnscanError } from '@connscan/model';
import { type Lock, takeLock } from '@connscan/program';

/** Network namespaces to watch, by inode; undefined is all of them. */
export type NetnsScope = readonly number[] | undefined;

/**
 * Reads what `--netns` names: namespaces by the name that `ip netns` gave them or by a path such as /proc/PID/ns/net.
 * Problems, beginning with the option, go into `problems`.
 */
export function readNetnsScope(names: readonly string[] | undefined, problems: string[]): NetnsScope {
  return names?.flatMap((name) => {
    const path = name.includes('/') ? name : `/run/netns/${name}`;
    try {
      return [statSync(path).ino];
    } catch (error) {
      problems.push(`--netns: must name a network namespace: ${(error as Error).message}`);
      return [];
    }
  });
}

/**
 * Takes the scope for this agent: two agents that watch the same would tell of every connection twice. Throws
 * SCOPE_IN_USE. It holds among the agents that themselves run in one network namespace, as those of a host do.
 */
export async function takeScope(scope: NetnsScope): Promise<Lock> {
  await using taking = new AsyncDisposableStack();
  for (const name of scope ?? ['all']) {
    const lock = await takeLock(`scope:${name}`);
    if (!lock) {
      const what = scope ? `network namespace ${name}` : 'all network namespaces';
      throw new ConnscanError('SCOPE_IN_USE', `another agent watches ${what} of this host`);
    }
    taking.defer(lock.release);
  }
  const taken = taking.move();
  return { release: () => taken.disposeAsync() };
}
