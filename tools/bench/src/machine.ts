import { availableParallelism, cpus, release } from 'node:os';
import process from 'node:process';

/** Where a benchmark ran: without it, no figure says anything. */
export type Machine = {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
};

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    kernel: release(),
    node: process.version,
  };
}
