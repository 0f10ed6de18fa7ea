import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const demo = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Where every demo of these tests keeps its data, so that what it leaves is found. */
const TMPDIR = mkdtempSync(join(tmpdir(), 'connscan-'));
const env = { ...process.env, TMPDIR };
after(() => rmSync(TMPDIR, { recursive: true }));

function run(command: string, ...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { env }, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  });
}

/** No file, no process with its data there, and no namespace of a lab but those of other tests that run now. */
function assertNothingLeft(): void {
  assert.deepEqual(readdirSync(TMPDIR), []);
  assert.deepEqual(
    globSync('/proc/[0-9]*/cmdline').filter((file) => readCommand(file).includes(TMPDIR)),
    [],
  );
  const namespaces = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const [, pid] of namespaces.matchAll(/^connscan-(\d+)-/gm)) {
    assert.doesNotMatch(readCommand(`/proc/${pid}/cmdline`), /demo\/src\/main\.ts/);
  }
}

/** The command line of a process; empty if it has just ended. */
function readCommand(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
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
  assertNothingLeft();
});

test('Ctrl-C in the middle takes everything away', async () => {
  const child = spawn(process.execPath, [demo, '--once'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const exit = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    if (line.includes('building a lab')) child.kill('SIGINT');
  }
  assert.deepEqual(await exit, [1, null]);
  assert.equal(lines.at(-1), 'demo: interrupted');
  assertNothingLeft();
});

test('without capabilities the demo ends with 3 and says exactly what is missing', async () => {
  const bare = ['--bounding-set=-all', '--inh-caps=-all', process.execPath, demo, '--once'];
  const { code, stderr } = await run('setpriv', ...bare);
  assert.equal(code, 3);
  assert.match(stderr, /^UNSUPPORTED_MACHINE: capabilities: none of CAP_BPF and CAP_PERFMON\. Run as root/m);
});

test('wrong options are told at once, with exit code 2', async () => {
  const { code, stderr } = await run(process.execPath, demo, '--json', '--twice');
  assert.equal(code, 2);
  assert.match(stderr, /^BAD_USAGE: --twice: unknown, see .*\n--json: goes with --once\n$/);
});
