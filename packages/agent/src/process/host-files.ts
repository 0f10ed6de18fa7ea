/** Where a host keeps what is known of its processes, cgroups, users and packages. */
export type HostFiles = {
  readonly proc: string;
  readonly cgroup: string;
  readonly passwd: string;
  /** Debian's package database: `info/*.list`, `diversions`. */
  readonly dpkg: string;
};

export const HOST_FILES: HostFiles = {
  proc: '/proc',
  cgroup: '/sys/fs/cgroup',
  passwd: '/etc/passwd',
  dpkg: '/var/lib/dpkg',
};
