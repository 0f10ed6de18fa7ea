import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Where the evaluations of these tests keep their data, so that what they leave is found. */
const TMPDIR = mkdtempSync(join(tmpdir(), 'connscan-'));
after(() => rmSync(TMPDIR, { recursive: true }));

const env = { ...process.env, TMPDIR };

function evaluate(...args: string[]): Promise<{ pid: number; code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) =>
      resolve({ pid: child.pid!, code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

/** No file, no process with its data there, and no namespace of its lab. */
function assertNothingLeft(pid: number): void {
  assert.deepEqual(readdirSync(TMPDIR), []);
  assert.deepEqual(
    globSync('/proc/[0-9]*/cmdline').filter((file) => readCommand(file).includes(TMPDIR)),
    [],
  );
  const namespaces = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  assert.doesNotMatch(namespaces, new RegExp(`^connscan-${pid}-`, 'm'));
}

/** The command line of a process; empty if it has just ended. */
function readCommand(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

test('scanners are detected, health checkers and ordinary clients are not; nothing is left behind', async () => {
  const names = ['nmap-block', 'banner-left', 'haproxy-tcp', 'aborted-downloads'];
  const { pid, code, stdout, stderr } = await evaluate('--json', '--only', ...names);
  assert.equal(code, 0, stdout + stderr);
  const { scenarios, missed, falseConfirmed } = JSON.parse(stdout);
  assert.deepEqual([missed, falseConfirmed], [0, 0]);
  assert.deepEqual(
    scenarios.map(({ name }: { name: string }) => name),
    names,
  );
  const [block, banner, haproxy, downloads] = scenarios;
  assert.deepEqual([block.groundTruth, block.counted, block.got], [48, 48, 'confirmed']);
  assert.deepEqual([banner.groundTruth, banner.counted, banner.got], [12, 12, 'confirmed']);
  assert.deepEqual([haproxy.groundTruth, haproxy.counted], [24, 24]);
  assert.deepEqual([downloads.groundTruth, downloads.counted, downloads.got], [40, 0, 'none']);
  assertNothingLeft(pid);
});

test('Ctrl-C while the programs run takes everything away', async () => {
  const child = spawn(process.execPath, [main, '--only', 'haproxy-tcp', 'pool'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exit = once(child, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    if (line.includes('playing 2 scenarios')) child.kill('SIGINT');
  }
  assert.deepEqual(await exit, [1, null]);
  assert.equal(lines.at(-1), 'evaluate: interrupted');
  assertNothingLeft(child.pid!);
});

test('unknown scenarios and options are told all at once, with exit code 2', async () => {
  const { code, stdout, stderr } = await evaluate('--only', 'nmap-sT', '--jsn');
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^BAD_USAGE: --jsn: unknown.*\n--only: nmap-sT is unknown, the scenarios are nmap-vertical, .*\n$/,
  );
});
