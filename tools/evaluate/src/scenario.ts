import type { Host } from '@connscan/lab';

/** What a scenario must lead to; LABELS says it in words. `sightings`: each source is seen, and stays below the threshold. */
export type Expectation = 'detection' | 'sightings' | 'silence' | 'anything';

export const LABELS: Record<Expectation, string> = {
  detection: 'must detect',
  sightings: 'must be seen',
  silence: 'must stay silent',
  anything: 'not countable',
};

/** Where a scenario runs. */
export type Stage = {
  /** As many hosts as the scenario asks for, which no other scenario has. */
  readonly sources: readonly Host[];
  /** The same for all scenarios; each has every service of SERVICES. */
  readonly targets: readonly Host[];
  /** For files; it goes with the lab. */
  readonly directory: string;
  /** Waits; throws when the evaluation is interrupted. */
  wait(seconds: number): Promise<void>;
};

export type Scenario = {
  /** Stable: what --only takes, and the name in the JSON. */
  readonly name: string;
  /** What runs, and if it stands for a program that cannot run here, for which and why. */
  readonly program: string;
  readonly expected: Expectation;
  /** One source if left out. */
  readonly sources?: number;
  /** It runs over IPv6. */
  readonly ipv6?: true;
  /** It belongs to the short run. */
  readonly quick?: true;
  /**
   * Plays to its end; for silence, to the end of the time in which it must have been recognised. Returns how many services
   * each source really reached or was refused by, as the programs themselves tell.
   */
  run(stage: Stage): Promise<readonly number[]>;
};

/** What every target serves, in the words of the lab. */
export const PORTS = {
  http: [80, 8000, 8080, 8888],
  banner: [21, 22, 25, 110],
  silent: [1433, 3306, 5432, 6379],
  reset: [7001, 7002],
} as const;

export const SERVICES = Object.entries(PORTS).flatMap(([kind, ports]) => ports.map((port) => `${kind}:${port}`));

/** Open ports that let a client go in peace. */
export const OPEN_PORTS: readonly number[] = [...PORTS.http, ...PORTS.banner, ...PORTS.silent];

/** Nobody listens there. */
export const CLOSED_PORTS: readonly number[] = [9001, 9002];

/** Hosts that every scenario may connect to. */
export const TARGETS = 12;

/** Every port of every host as ADDRESS:PORT, host by host. */
export function servicesOf(hosts: readonly Host[], ports: readonly number[]): string[] {
  return hosts.flatMap(({ address }) => ports.map((port) => `${address}:${port}`));
}
