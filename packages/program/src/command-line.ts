import { ConnscanError } from '@connscan/model';
import { Command, CommanderError, type CommandOptions } from 'commander';
import { reportFailure } from './run-daemon.ts';

/** A command line of this project, to which commands are added. */
export function createProgram(name: string, description: string, version: string): Command {
  return new Command(name)
    .description(description)
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: () => {} });
}

/**
 * Adds a command that takes what it does not know, so that `unknownArguments` can tell it together with everything else
 * that is wrong.
 */
export function addCommand(
  program: Command,
  nameAndArguments: string,
  description: string,
  options: CommandOptions = {},
): Command {
  return program
    .command(nameAndArguments, options)
    .description(description)
    .allowUnknownOption()
    .allowExcessArguments();
}

/** One problem for each argument that the command does not know. */
export function unknownArguments(command: Command): string[] {
  return command.args
    .slice(command.registeredArguments.length)
    .map((argument) => `${argument}: unknown, see ${command.name()} --help`);
}

/**
 * Runs a command line, its action included, and sets the exit code of the process: that of the error table for a
 * ConnscanError, 2 for what no command can read, else what the action set.
 */
export async function runProgram(program: Command): Promise<void> {
  // Whoever read the output has seen enough, as `| head` has.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) process.exitCode = reportFailure(error);
    // --help and --version end here too, with 0. No command at all prints the help; its message says no more than that.
    else if (error.exitCode !== 0) process.exitCode = reportFailure(badUsage(error));
  }
}

function badUsage(error: CommanderError): ConnscanError {
  const message = error.code === 'commander.help' ? 'a command is needed' : error.message.replace(/^error: /, '');
  return new ConnscanError('BAD_USAGE', message, { cause: error });
}
