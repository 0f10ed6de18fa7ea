import { readdirSync, readFileSync } from 'node:fs';

/**
 * Nanoseconds that the BPF programs loaded by this process have run, all together, as far as the kernel measured it
 * (native/bpf-stats.c). Read from the descriptors of the programs, so that another probe of this machine is not in it.
 */
export function programRunTimeNs(): number {
  let sum = 0;
  for (const fd of readdirSync('/proc/self/fdinfo')) sum += runTimeNs(fd);
  return sum;
}

function runTimeNs(fd: string): number {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
    return Number(/^run_time_ns:\s*(\d+)$/m.exec(info)?.[1] ?? 0);
  } catch {
    // The one of the directory itself is closed by now.
    return 0;
  }
}
