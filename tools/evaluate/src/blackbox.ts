import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runScript } from './run-script.ts';
import { PORTS, type Stage, servicesOf } from './scenario.ts';

/** Runs Prometheus' blackbox exporter, scraped for TCP probes each 15 s; returns how many services it found up. */
export async function checkByBlackbox({ sources, targets, directory }: Stage): Promise<number> {
  const source = sources[0]!;
  const config = join(directory, `${source.netns}.yml`);
  await writeFile(config, JSON.stringify({ modules: { tcp_connect: { prober: 'tcp' } } }));
  const exporter = source.spawn('prometheus-blackbox-exporter', [`--config.file=${config}`, '--log.level=error']);
  // 115 s: the beats' first round, confirmation, and four beats.
  const up = await runScript(source, 'scrape.py', [15, 115, ...servicesOf(targets, PORTS.silent.slice(0, 2))]);
  exporter.kill();
  return up;
}
