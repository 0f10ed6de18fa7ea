import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { openLabProbe } from './open-lab-probe.ts';

/** One a millisecond, for as long as there is a process to get them. */
const STORM = 'setInterval(() => process.kill(Number(process.argv[1]), "SIGWINCH"), 1)';

test('the probe is loaded however many signals its process gets meanwhile', async () => {
  const ignore = () => {};
  const first = once(process, 'SIGWINCH');
  process.on('SIGWINCH', ignore);
  const storm = spawn(process.execPath, ['-e', STORM, String(process.pid)], { stdio: 'ignore' });
  const closed = once(storm, 'close');
  try {
    await first;
    const probe = openLabProbe();
    assert.equal(probe.rings.length, 1);
    probe.close();
  } finally {
    storm.kill('SIGKILL');
    await closed;
    process.off('SIGWINCH', ignore);
  }
});
