import { loadNative } from './native.ts';
import { descriptorsOf, type ProbeFds } from './probe-fds.ts';
import { orRefuse } from './refuse.ts';

/**
 * Replaces this process by `file`, an absolute path, without any capability and without the means to get one back. It
 * inherits the probe, which goes on meanwhile, and the standard streams; tell it the descriptors, as JSON in `args` or
 * `env`. With `user` it also becomes that user, which needs CAP_SETUID and CAP_SETGID. Whatever this process has to say
 * or to close must be done before: no exit handler runs. Throws PROBE_REFUSED if it cannot go on so; the capabilities of
 * this thread may be gone then.
 */
export function execWithoutPrivileges(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  fds: ProbeFds,
  user?: { readonly uid: number; readonly gid: number },
): never {
  const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const { uid, gid } = user ?? { uid: -1, gid: -1 };
  return orRefuse(() => loadNative().exec(file, [file, ...args], environment, descriptorsOf(fds), uid, gid));
}
