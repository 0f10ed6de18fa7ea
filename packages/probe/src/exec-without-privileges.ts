import { loadNative } from './native.ts';
import { descriptorsOf, type ProbeFds } from './probe-fds.ts';
import { orRefuse } from './refuse.ts';

/** Capabilities that a program may want to keep, by their numbers in the kernel. */
export const CAPABILITIES = { dacReadSearch: 2, sysPtrace: 19 } as const;

export type ExecOptions = {
  /** Whom to become, which needs CAP_SETUID and CAP_SETGID; who it is now if left out. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Capabilities that it keeps if it has them; none if left out. */
  readonly keep?: readonly number[];
};

/**
 * Replaces this process by `file`, an absolute path, without any capability but those to keep, and without the means to
 * get one back. It inherits the probe, which goes on meanwhile, and the standard streams; tell it the descriptors, as JSON
 * in `args` or `env`. Whatever this process has to say or to close must be done before: no exit handler runs. Throws
 * PROBE_REFUSED if it cannot go on so; the capabilities of this thread may be gone then.
 */
export function execWithoutPrivileges(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  fds: ProbeFds,
  { user, keep = [] }: ExecOptions = {},
): never {
  const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const { uid, gid } = user ?? { uid: -1, gid: -1 };
  const kept = keep.reduce((bits, capability) => bits + 2 ** capability, 0);
  return orRefuse(() => loadNative().exec(file, [file, ...args], environment, descriptorsOf(fds), uid, gid, kept));
}
