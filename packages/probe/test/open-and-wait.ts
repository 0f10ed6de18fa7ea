/** Opens the probe and says so; ends with its standard input. */
import { randomBytes } from 'node:crypto';
import { mapRing } from '../src/map-ring.ts';
import { openProbe } from '../src/probe.ts';

const probe = openProbe({
  shards: 2,
  internalCidrs: [],
  maxOriginatorBytes: 16,
  maxLifetimeSeconds: 60,
  random: randomBytes,
});
for (const ring of probe.rings) mapRing(ring);
console.log('open');
process.stdin.resume();
