/** What the kernel told of a process when it connected: an entry of the probe's process table. */
export type ProcessEntry = {
  readonly tgid: number;
  /** Start of the process, boot-clock time. */
  readonly startedNs: bigint;
  /** 0 if unknown. */
  readonly parentTgid: number;
  readonly uid: number;
  readonly cgroupId: bigint;
  readonly comm: string;
  /** The path as given to exec, possibly relative. */
  readonly exe: string | undefined;
};
