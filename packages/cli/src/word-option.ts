import { Option } from 'commander';

/**
 * An option whose value is one of some words. They are shown and completed; the command checks them with everything else
 * that may be wrong, and not where the first wrong word is met.
 */
export function wordOption(flags: string, description: string, words: readonly string[]): Option {
  const option = new Option(flags, description);
  option.argChoices = [...words];
  return option;
}
