import { join } from 'node:path';
import { fitArguments } from './fit.ts';
import { readStart } from './read-start.ts';
import { redactArguments } from './redact-arguments.ts';

/** Read of a command line at most: far more than is kept, so that what is redacted was seen whole. */
const MAX_BYTES = 32 * 1024;

export type CommandLineOptions = { readonly characters: number; readonly redact: boolean };

/** The arguments of a process from /proc/PID/cmdline, none of a kernel thread. Rejects as the file system does. */
export async function readCommandLine(
  directory: string,
  { characters, redact }: CommandLineOptions,
): Promise<string[]> {
  const text = await readStart(join(directory, 'cmdline'), MAX_BYTES);
  if (text === '') return [];
  const args = text.replace(/\0+$/, '').split('\0');
  return fitArguments(redact ? redactArguments(args) : args, characters);
}
