export type Container = { readonly id: string; readonly runtime?: string };

/**
 * What container runtimes call their cgroups: `docker-ID.scope`, `cri-containerd-ID.scope`, `cri-containerd:ID`,
 * `nerdctl-ID.scope`, `libpod-ID.scope`, `crio-ID.scope`, `crio-ID`, or the plain ID under `docker` or under a pod's
 * cgroup. Their monitors, `libpod-conmon-ID.scope` and `crio-conmon-ID.scope`, run outside of the container.
 */
const CONTAINER = /^(?:[^:]*:)*?(?:(docker|cri-containerd|nerdctl|libpod|crio)[-:])?([0-9a-f]{64})(?:\.scope)?$/;

const RUNTIMES: Readonly<Record<string, string>> = {
  docker: 'docker',
  'cri-containerd': 'containerd',
  nerdctl: 'containerd',
  libpod: 'podman',
  crio: 'cri-o',
};

/** The container of a process by its /proc/PID/cgroup; of nested ones the innermost. Undefined if two lines disagree. */
export function containerOf(cgroup: string): Container | undefined {
  const found = new Map<string, Container>();
  for (const path of pathsOf(cgroup)) {
    const container = path.map((part, at) => parsePart(part, path[at - 1])).findLast((known) => known !== undefined);
    // Of two lines with one id, the one that names the runtime says more.
    if (container && (container.runtime || !found.has(container.id))) found.set(container.id, container);
  }
  return found.size === 1 ? found.values().next().value : undefined;
}

/** The systemd unit of a process, a service or a scope; of nested ones the innermost. Undefined if two lines disagree. */
export function unitOf(cgroup: string): string | undefined {
  const units = new Set(pathsOf(cgroup).map((path) => path.findLast((part) => /\.(service|scope)$/.test(part))));
  units.delete(undefined);
  return units.size === 1 ? units.values().next().value : undefined;
}

function parsePart(part: string, parent: string | undefined): Container | undefined {
  const [, prefix = parent === 'docker' ? 'docker' : '', id] = CONTAINER.exec(part) ?? [];
  if (id === undefined) return undefined;
  const runtime = RUNTIMES[prefix];
  return runtime === undefined ? { id } : { id, runtime };
}

/** `0::/a/b` (version 2) and `4:memory:/a/b` (version 1) as [a, b]. */
function pathsOf(cgroup: string): string[][] {
  return cgroup
    .split('\n')
    .map((line) => /^\d+:[^:]*:(.*)$/.exec(line)?.[1])
    .filter((path) => path !== undefined)
    .map((path) => path.split('/').filter((part) => part !== ''));
}
