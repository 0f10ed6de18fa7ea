import { readFileSync, statSync } from 'node:fs';

/** One thing the machine must have, what was found, and what to do where it is missing. */
export type Requirement = {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  readonly remedy: string;
};

/** The files that tell; tests give others. */
export const MACHINE_PATHS = {
  release: '/proc/sys/kernel/osrelease',
  btf: '/sys/kernel/btf/vmlinux',
  status: '/proc/self/status',
  memory: '/proc/meminfo',
};

const CAP_SYS_ADMIN = 21n;
const CAP_PERFMON = 38n;
const CAP_BPF = 39n;

/**
 * What the probe needs of the machine, in the order in which to mend it. Only reads; `ringBytes` is that of all rings
 * together. Lockdown is not asked for: it may forbid the helpers that read kernel memory, and the probe does without.
 */
export function checkMachine(ringBytes: number, paths: Readonly<typeof MACHINE_PATHS> = MACHINE_PATHS): Requirement[] {
  return [kernel(paths.release), btf(paths.btf), capabilities(paths.status), memory(paths.memory, ringBytes)];
}

function kernel(path: string): Requirement {
  const release = read(path).trim();
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  return {
    name: 'kernel',
    ok: major > 5 || (major === 5 && minor >= 10),
    found: release || 'no Linux kernel',
    remedy: 'Linux 5.10 or newer is needed.',
  };
}

function btf(path: string): Requirement {
  const ok = statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  return {
    name: 'BTF',
    ok,
    found: ok ? path : `no ${path}`,
    remedy: 'Use a kernel built with CONFIG_DEBUG_INFO_BTF=y, as those of all large distributions are.',
  };
}

function capabilities(path: string): Requirement {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(read(path))?.[1] ?? '0'}`);
  const has = (capability: bigint) => ((effective >> capability) & 1n) === 1n;
  const names = [
    ...(has(CAP_BPF) ? ['CAP_BPF'] : []),
    ...(has(CAP_PERFMON) ? ['CAP_PERFMON'] : []),
    ...(has(CAP_SYS_ADMIN) ? ['CAP_SYS_ADMIN'] : []),
  ];
  return {
    name: 'capabilities',
    ok: has(CAP_SYS_ADMIN) || (has(CAP_BPF) && has(CAP_PERFMON)),
    found: names.join(', ') || 'none of CAP_BPF and CAP_PERFMON',
    remedy:
      'Run as root, or with CAP_BPF and CAP_PERFMON (in a systemd unit: AmbientCapabilities=CAP_BPF CAP_PERFMON).',
  };
}

function memory(path: string, ringBytes: number): Requirement {
  const availableKib = Number(/^MemAvailable:\s*(\d+) kB$/m.exec(read(path))?.[1] ?? 0);
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return {
    name: 'ring memory',
    // The agent around the rings may use 128 MiB.
    ok: availableKib * 1024 >= ringBytes + 128 * 2 ** 20,
    found: `${mib(availableKib * 1024)} available, ${mib(ringBytes)} for the rings`,
    remedy: 'Free memory: the rings and 128 MiB for the agent are needed.',
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
