import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { readKeptText } from './kept-text.ts';

/** The agent's UUID, kept in its data directory and made at the first start. */
export function readAgentId(dataPath: string): Promise<string> {
  return readKeptText({
    file: join(dataPath, 'agent-id'),
    isWhole: (text) => z.uuid().safeParse(text).success,
    make: randomUUID,
    problem: 'must hold a UUID; remove it to get a new identity',
  });
}
