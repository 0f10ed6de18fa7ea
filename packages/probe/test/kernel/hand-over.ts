/**
 * Opens the probe, says so, and on the first line of its input hands it over to adopted.ts: without privileges but for the
 * capability that the first argument numbers, if it does, and as the user that the second is, if it is not 0. The others
 * are the network namespaces in scope.
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { execWithoutPrivileges } from '../../src/exec-without-privileges.ts';
import { openLabProbe } from './open-lab-probe.ts';

const [capability, ...words] = process.argv.slice(2);
const [id, ...netns] = words.map(Number);
const probe = openLabProbe({ netns });
process.stdout.write('open\n');
await once(process.stdin, 'data');
const fds = probe.handOver();
const adopted = fileURLToPath(new URL('./adopted.ts', import.meta.url));
execWithoutPrivileges(process.execPath, [adopted], { PROBE: JSON.stringify(fds) }, fds, {
  keep: capability ? [Number(capability)] : [],
  ...(id && { user: { uid: id, gid: id } }),
});
