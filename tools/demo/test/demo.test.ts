import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const demo = fileURLToPath(new URL('../src/main.ts', import.meta.url));

function run(command: string, ...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(command, args, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  });
}

test('the demo detects a real nmap scan, loses nothing, and leaves nothing behind', async () => {
  const { code, stdout, stderr } = await run(process.execPath, demo, '--once', '--json');
  assert.equal(code, 0, stderr);
  const { detection, latencyMs, kernel } = JSON.parse(stdout);
  assert.equal(detection.source, '10.77.0.1');
  assert.ok(detection.distinctServices >= 10);
  assert.deepEqual(detection.techniques, ['T1046']);
  assert.ok(latencyMs > 0);
  assert.ok(kernel.seen > kernel.submitted && kernel.submitted > 0);
  assert.equal(kernel.dropped, 0);
  const [, pid] = /connscan-(\d+)-1/.exec(stderr) ?? [];
  assert.ok(!execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).includes(`connscan-${pid}-`));
});

test('without capabilities the demo ends with 3 and says exactly what is missing', async () => {
  const { code, stderr } = await run(
    'setpriv',
    '--bounding-set=-all',
    '--inh-caps=-all',
    process.execPath,
    demo,
    '--once',
  );
  assert.equal(code, 3);
  assert.match(stderr, /^UNSUPPORTED_MACHINE: capabilities: none of CAP_BPF and CAP_PERFMON\. Run as root/m);
});

test('wrong options are told at once, with exit code 2', async () => {
  const { code, stderr } = await run(process.execPath, demo, '--json', '--twice');
  assert.equal(code, 2);
  assert.match(stderr, /^BAD_USAGE: --twice: unknown, see .*\n--json: goes with --once\n$/);
});
