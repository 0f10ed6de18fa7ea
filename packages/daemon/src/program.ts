import { Command, CommanderError } from 'commander';
import { reportFailure } from './run-daemon.ts';

/** A command line of this project: `--version`, `--help`, and help after a wrong option. */
export function createProgram(name: string, description: string, version: string): Command {
  return new Command(name).description(description).version(version).exitOverride().showHelpAfterError('(see --help)');
}

/**
 * Runs a command line, its action included, and sets the exit code of the process: 2 for wrong usage, that of the error
 * table for a ConnscanError, else what the action set.
 */
export async function runProgram(program: Command): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    // Commander has already told what is wrong; --help and --version end here too, with 0.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else process.exitCode = reportFailure(error);
  }
}
