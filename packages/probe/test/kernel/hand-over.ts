/**
 * Opens the probe, says so, and on the first line of its input hands it over to adopted.ts: without privileges and, if an
 * argument gives an id, as that user.
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { execWithoutPrivileges } from '../../src/exec-without-privileges.ts';
import { openLabProbe } from './open-lab-probe.ts';

const id = Number(process.argv[2]);
const probe = openLabProbe();
process.stdout.write('open\n');
await once(process.stdin, 'data');
const fds = probe.handOver();
const adopted = fileURLToPath(new URL('./adopted.ts', import.meta.url));
execWithoutPrivileges(
  process.execPath,
  [adopted],
  { PROBE: JSON.stringify(fds) },
  fds,
  id ? { uid: id, gid: id } : undefined,
);
