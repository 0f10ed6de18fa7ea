import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

/** `completion SHELL`, which prints the script of a shell, and what that script asks. To be called when all commands are there. */
export function addCompletion(program: Command): void {
  tab(program, { completionCommandName: 'completion' });
}
