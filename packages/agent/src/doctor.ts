import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { ConnscanError } from '@connscan/model';
import { checkMachine, defaultRingBytes, openProbe, type Requirement } from '@connscan/probe';

/** What the probe needs of this machine, and last whether the kernel really takes it. */
export function examineMachine(): Requirement[] {
  const requirements = checkMachine(defaultRingBytes(1, availableParallelism()));
  return requirements.every(({ ok }) => ok) ? [...requirements, tryProbe()] : requirements;
}

function tryProbe(): Requirement {
  const name = 'probe';
  try {
    const probe = openProbe({
      shards: 1,
      internalCidrs: [],
      maxOriginatorBytes: 0,
      maxLifetimeSeconds: 1,
      random: randomBytes,
    });
    probe.close();
    return { name, ok: true, found: 'loaded, attached and removed again', remedy: '' };
  } catch (error) {
    if (!(error instanceof ConnscanError)) throw error;
    return { name, ok: false, found: error.code, remedy: error.message };
  }
}

/** Throws UNSUPPORTED_MACHINE with everything that is missing and what to do about it. */
export function requireMachine(requirements: readonly Requirement[]): void {
  const missing = requirements.filter(({ ok }) => !ok);
  if (missing.length === 0) return;
  throw new ConnscanError(
    'UNSUPPORTED_MACHINE',
    missing.map(({ name, found, remedy }) => `${name}: ${found}. ${remedy}`).join('\n'),
  );
}

/** The requirements as lines for a terminal. */
export function formatRequirements(requirements: readonly Requirement[]): string {
  return requirements
    .map(
      ({ name, ok, found, remedy }) =>
        `${ok ? 'ok     ' : 'MISSING'}  ${name}: ${found}${ok ? '' : `\n         ${remedy}`}\n`,
    )
    .join('');
}
