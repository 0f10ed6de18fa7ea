import { PROCESS_LIMITS } from '@connscan/model';

/** A path that the model takes; undefined if there is none or it is too long, as a part of a path names another file. */
export function fitPath(path: string | undefined): string | undefined {
  return path !== undefined && path !== '' && path.length <= PROCESS_LIMITS.path ? path : undefined;
}

/** The first arguments, as many and as far as the model takes; `…` at the end if something was cut. */
export function fitArguments(args: readonly string[], characters: number): string[] {
  const fitting: string[] = [];
  let left = characters;
  for (const argument of args) {
    if (argument.length > left || fitting.length === PROCESS_LIMITS.arguments) return cut(fitting, argument, left);
    fitting.push(argument);
    left -= argument.length;
  }
  return fitting;
}

function cut(fitting: string[], argument: string, left: number): string[] {
  if (fitting.length === PROCESS_LIMITS.arguments) return cut(fitting.slice(0, -1), '…', left + fitting.at(-1)!.length);
  // Never half of a surrogate pair, which no store takes.
  const part = argument.slice(0, Math.max(0, left - 1)).replace(/[\ud800-\udbff]$/, '');
  return left > 0 ? [...fitting, `${part}…`] : fitting;
}
