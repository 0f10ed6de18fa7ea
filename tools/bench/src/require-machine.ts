import process from 'node:process';
import { ConnscanError } from '@connscan/model';
import { checkMachine } from '@connscan/probe';

/** Throws UNSUPPORTED_MACHINE with all that is missing: what the probe needs, and root for network namespaces. */
export function requireMachine(ringBytes: number): void {
  const problems = checkMachine(ringBytes).flatMap(({ ok, name, found, remedy }) =>
    ok ? [] : [`${name}: ${found}. ${remedy}`],
  );
  if (process.getuid?.() !== 0) problems.push('root: network namespaces are made by root. Run as root.');
  if (problems.length > 0) throw new ConnscanError('UNSUPPORTED_MACHINE', problems.join('\n'));
}
