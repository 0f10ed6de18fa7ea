import type { Host } from '@connscan/lab';

/** Runs nmap, without ping and names, to its end; returns how many services took its connection or refused it. */
export async function nmap(host: Host, ...args: readonly (string | number)[]): Promise<number> {
  return answeredPorts(await host.run('nmap', ['-n', '-Pn', '-oG', '-', ...args.map(String)], 600_000));
}

/** Ports that answered, in nmap's greppable output; of those that are many and closed it tells only the number. */
export function answeredPorts(output: string): number {
  const listed = output.match(/\d+\/(open|closed)\/tcp/g)?.length ?? 0;
  return output.matchAll(/Ignored State: closed \((\d+)\)/g).reduce((sum, [, more]) => sum + Number(more), listed);
}
