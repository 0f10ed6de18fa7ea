import { ConnscanError } from '@connscan/model';

const REMEDIES: Readonly<Record<string, string>> = {
  EPERM: 'Run it as root, or give the process CAP_BPF and CAP_PERFMON.',
  ESRCH: 'The kernel must be built with CONFIG_DEBUG_INFO_BTF=y, so that /sys/kernel/btf/vmlinux is there.',
  EBADF: 'Open the probe again.',
  ENOMEM: 'Free memory, or ask for fewer or smaller rings.',
  MODULE_NOT_FOUND: 'Build it first: run make in packages/probe.',
};

const OTHER_REMEDY =
  'This kernel refuses the probe; it needs Linux 5.10 or newer. The lines above say what it objects to.';

/** Lines of libbpf's log worth showing: the reason comes last. */
const LOG_LINES = 8;

/** Runs a call into the kernel; a failure becomes PROBE_REFUSED with the kernel's reason and what to do. */
export function orRefuse<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const [what, ...log] = message.trimEnd().split('\n');
    const remedy = REMEDIES[code ?? ''] ?? OTHER_REMEDY;
    throw new ConnscanError('PROBE_REFUSED', [what, ...log.slice(-LOG_LINES), remedy].join('\n'), { cause });
  }
}
