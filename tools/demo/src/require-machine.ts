import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ConnscanError } from '@connscan/model';

const agent = fileURLToPath(import.meta.resolve('../../../packages/agent/src/main.ts'));

/** Throws UNSUPPORTED_MACHINE with all that is missing: root for the lab, and what the agent's doctor asks for. */
export function requireMachine(): void {
  const problems =
    process.getuid?.() === 0 ? [] : ['root: network namespaces of the lab are made by root. Run as root.'];
  try {
    execFileSync(process.execPath, [agent, 'doctor', '--json'], { encoding: 'utf8' });
  } catch (error) {
    const { stdout } = error as { stdout: string };
    for (const { name, ok, found, remedy } of JSON.parse(stdout))
      if (!ok) problems.push(`${name}: ${found}. ${remedy}`);
  }
  if (problems.length > 0) throw new ConnscanError('UNSUPPORTED_MACHINE', problems.join('\n'));
}
