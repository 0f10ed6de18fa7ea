import type { ProbeFds } from '@connscan/probe';
import type { NetnsScope } from './netns-scope.ts';

/**
 * What a process that loaded the probe tells the one that it becomes. The scope is in it because a path such as
 * /proc/PID/ns/net can be looked up with privileges only.
 */
export type HandOver = { readonly fds: ProbeFds; readonly scope: NetnsScope };

/** The variable of the environment that holds it, as JSON. */
export const HAND_OVER = 'CONNSCAN_PROBE';

/** What was handed over to this process; undefined if it is the first. */
export function readHandOver({ [HAND_OVER]: text }: NodeJS.ProcessEnv): HandOver | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as HandOver);
}
