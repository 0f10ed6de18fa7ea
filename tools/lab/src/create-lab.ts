import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createHost, type Host } from './host.ts';
import { ip } from './ip.ts';

/** A private network on this machine: one source and some targets, each in a network namespace, around one bridge. */
export type Lab = {
  readonly source: Host;
  readonly targets: readonly Host[];
  /** Ends what runs in the lab and takes its namespaces away; a second call does nothing. */
  close(): void;
};

let labs = 0;

/**
 * Builds a lab; needs root. It is taken away by `close`, when the process exits by itself, and on Ctrl-C or SIGTERM
 * where the process has no handler of its own. What a killed process left is taken away by the next lab of anybody.
 */
export function createLab({ targets }: { readonly targets: number }): Lab {
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
    const hosts = Array.from({ length: targets + 1 }, (_, index) => addHost(bridge, index + 1));
    return { source: hosts[0]!, targets: hosts.slice(1), close };
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
