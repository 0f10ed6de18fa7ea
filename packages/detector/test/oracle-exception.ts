import { type Exception, parseAddress, parseCidr } from '@connscan/model';
import type { Observation } from './oracle-state.ts';

/** Whether a process of this serial number goes by one of the names. */
export type IsProcess = (serial: number, names: readonly string[]) => boolean;

/** The index of the first exception that takes the record; -1: none does. */
export function exceptionOf(
  exceptions: readonly Exception[],
  { source, destination, port, process = 0, atMs }: Observation,
  wallOffsetMs: number,
  isProcess: IsProcess,
): number {
  return exceptions.findIndex(
    ({ sources, targets, ports, processes, expiresAt }) =>
      (!sources || sources.some((cidr) => isIn(source, cidr))) &&
      (!targets || targets.some((cidr) => isIn(destination, cidr))) &&
      (!ports || ports.includes(port)) &&
      (!expiresAt || atMs + wallOffsetMs < Date.parse(expiresAt)) &&
      (!processes || isProcess(process, processes)),
  );
}

export function isIn(address: string, cidr: string): boolean {
  const { bytes, prefixBits } = parseCidr(cidr)!;
  return bitsOf(parseAddress(address)!).startsWith(bitsOf(bytes).slice(0, prefixBits));
}

function bitsOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
}
