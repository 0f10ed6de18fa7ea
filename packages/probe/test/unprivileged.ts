/** Opens the probe as an ordinary user and prints how it is refused. */
import { randomBytes } from 'node:crypto';
import { ConnscanError } from '@connscan/model';
import { bootTimeMs } from '../src/boot-clock.ts';
import { openProbe } from '../src/probe.ts';

// Loads the binding while its files can still be read.
bootTimeMs();
process.setgroups?.([]);
process.setgid?.(65_534);
process.setuid?.(65_534);
try {
  openProbe({ shards: 1, internalCidrs: [], maxOriginatorBytes: 16, maxLifetimeSeconds: 60, random: randomBytes });
} catch (error) {
  if (!(error instanceof ConnscanError)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
