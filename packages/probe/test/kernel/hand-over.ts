/**
 * Opens the probe, says so, and on the first line of its input hands it over to adopted.ts: without privileges and, if the
 * first argument is not 0, as that user. The others are the network namespaces in scope.
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { execWithoutPrivileges } from '../../src/exec-without-privileges.ts';
import { openLabProbe } from './open-lab-probe.ts';

const [id, ...netns] = process.argv.slice(2).map(Number);
const probe = openLabProbe({ netns });
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
