import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ConnscanError } from '@connscan/model';
import type { StatusAnswer } from './agent-status.ts';
import { STATUS_SOCKET } from './start-status-server.ts';

/** An agent that has not answered in this time, in milliseconds, is stopped or hangs. */
const ANSWER_MS = 5000;

/** The status of the agent that works in a data directory. Throws AGENT_UNREACHABLE. */
export async function askStatus(directory: string): Promise<StatusAnswer> {
  const socketPath = join(directory, STATUS_SOCKET);
  try {
    const answer = await get(socketPath, AbortSignal.timeout(ANSWER_MS));
    return JSON.parse(answer) as StatusAnswer;
  } catch (cause) {
    throw new ConnscanError('AGENT_UNREACHABLE', `${socketPath}: ${reasonOf(cause)}`, { cause });
  }
}

function get(socketPath: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/status', signal }, (response) => void text(response).then(resolve, reject))
      .on('error', reject)
      .end();
  });
}

function reasonOf(cause: unknown): string {
  const { code, name, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'no agent runs in this directory';
  if (name === 'AbortError' || code === 'ABORT_ERR') return `the agent does not answer within ${ANSWER_MS / 1000} s`;
  return message;
}
