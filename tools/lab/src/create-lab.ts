import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createHost, type Host } from './host.ts';
import { ip } from './ip.ts';

/** A private network on this machine: sources and targets, each in a network namespace, around one bridge. */
export type Lab = {
  /** The first of `sources`. */
  readonly source: Host;
  readonly sources: readonly Host[];
  readonly targets: readonly Host[];
  /** Ends what runs in the lab and takes its namespaces away; a second call does nothing. */
  close(): void;
};

export type LabOptions = {
  readonly targets: number;
  /** One if left out; a host costs about 40 ms, and a lab holds 250. */
  readonly sources?: number;
};

let labs = 0;

/**
 * Builds a lab; needs root. It is taken away by `close`, when the process exits by itself, and on Ctrl-C or SIGTERM
 * where the process has no handler of its own. What a killed process left is taken away by the next lab of anybody.
 */
export function createLab({ targets, sources = 1 }: LabOptions): Lab {
  removeAbandonedLabs();
  const prefix = `connscan-${process.pid}-${++labs}`;
  const children = new Set<ChildProcess>();
  const namespaces: string[] = [];

  function close() {
    process.off('exit', close);
    for (const signal of SIGNALS) process.off(signal, endBySignal);
    for (const child of children) child.kill('SIGKILL');
    for (const netns of namespaces.splice(0)) ip('netns', 'del', netns);
  }

  function endBySignal(signal: NodeJS.Signals) {
    if (process.listenerCount(signal) > 1) return;
    close();
    process.kill(process.pid, signal);
  }

  process.once('exit', close);
  for (const signal of SIGNALS) process.on(signal, endBySignal);

  try {
    const bridge = addNamespace(`${prefix}-bridge`);
    ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', bridge, 'link', 'set', 'br0', 'up');
    // The first source, then the targets: their addresses do not depend on how many sources there are.
    const hosts = Array.from({ length: targets + sources }, (_, index) => addHost(bridge, index + 1));
    const source = hosts[0]!;
    return { source, sources: [source, ...hosts.slice(targets + 1)], targets: hosts.slice(1, targets + 1), close };
  } catch (error) {
    close();
    throw error;
  }

  function addNamespace(name: string): string {
    ip('netns', 'add', name);
    namespaces.push(name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    return name;
  }

  function addHost(bridge: string, number: number): Host {
    const netns = addNamespace(`${prefix}-${number}`);
    const host = createHost(netns, number, children);
    ip('-n', bridge, 'link', 'add', `port${number}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', netns);
    ip('-n', bridge, 'link', 'set', `port${number}`, 'master', 'br0', 'up');
    ip('-n', netns, 'address', 'add', `${host.address}/24`, 'dev', 'eth0');
    // Without duplicate address detection, which would keep the address from being used for a second.
    ip('-n', netns, 'address', 'add', `${host.address6}/64`, 'dev', 'eth0', 'nodad');
    ip('-n', netns, 'link', 'set', 'eth0', 'up');
    return host;
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

function removeAbandonedLabs() {
  for (const [, netns = '', pid] of ip('netns', 'list').matchAll(/^(connscan-(\d+)-\S+)/gm)) {
    if (!existsSync(`/proc/${pid}`)) ip('netns', 'del', netns);
  }
}
