import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createLab, type Lab } from '@connscan/lab';
import { formatAddress } from '@connscan/model';
import { bootTimeMs } from '../../src/boot-clock.ts';
import { type MappedRing, mapRing } from '../../src/map-ring.ts';
import { mapProcesses } from '../../src/process-table.ts';
import * as record from '../../src/record.ts';
import { openTrace, type Trace, type TraceOptions } from '../../src/trace.ts';
import * as transition from '../../src/transition.ts';
import { until } from '../until.ts';
import { SETPRIV } from './setpriv.ts';

const SERVICE = 3000;
const TRACE_CONNECTS = fileURLToPath(new URL('./trace-connects.ts', import.meta.url));

type Step = {
  readonly netns: number;
  readonly step: string;
  readonly local: string;
  readonly remote: string;
  readonly localPort: number;
  readonly remotePort: number;
  readonly role: string;
  readonly mapped: boolean;
  readonly error: number;
  readonly process: number;
  readonly atMs: number;
};

function readTransition(words: record.Words, at: number): Step {
  const { active, roleKnown, mapped } = record.RECORD_FLAGS;
  const flags = transition.transitionFlags(words, at);
  const state = (number: number) => transition.TCP_STATES[number];
  return {
    netns: transition.transitionNetns(words, at),
    step: `${state(transition.transitionOldState(words, at))} ${state(transition.transitionNewState(words, at))}`,
    local: formatAddress(record.recordAddress(words, at, record.LOCAL_ADDRESS_WORD)),
    remote: formatAddress(record.recordAddress(words, at, record.REMOTE_ADDRESS_WORD)),
    localPort: transition.transitionLocalPort(words, at),
    remotePort: transition.transitionRemotePort(words, at),
    role: flags & roleKnown ? (flags & active ? 'active' : 'passive') : 'unknown',
    mapped: (flags & mapped) !== 0,
    error: transition.transitionError(words, at),
    process: transition.transitionProcess(words, at),
    atMs: transition.transitionAtMs(words, at),
  };
}

describe('trace', () => {
  let lab: Lab;

  before(async () => {
    lab = createLab({ targets: 1 });
    await lab.targets[0]!.serve([`silent:${SERVICE}`]);
  });
  after(() => lab?.close());

  /** The transitions of one host while `event` happens, up to its last to CLOSE. */
  async function traced(
    options: TraceOptions,
    event: () => Promise<unknown>,
    use: (trace: Trace, steps: Step[]) => void,
  ) {
    const trace = openTrace({ ringBytes: 2 ** 18, ...options });
    const ring: MappedRing = mapRing(trace.ring);
    const steps: Step[] = [];
    await event();
    await until(() => {
      ring.reader.drain((at) => steps.push(readTransition(ring.reader.words, at)), Number.POSITIVE_INFINITY);
      return steps.at(-1)?.step.endsWith(' CLOSE') ?? false;
    });
    use(trace, steps);
    ring.close();
    trace.close();
  }

  const connect = (port = SERVICE) =>
    lab.source.run('bash', ['-c', `exec 3<>/dev/tcp/${lab.targets[0]!.address}/${port} 2>&-; :`]);

  it('shows every transition of the caller, with its port once it has one, and its process', async () => {
    const startedMs = bootTimeMs();
    await traced({ netns: [lab.source.inode] }, connect, (trace, steps) => {
      assert.deepEqual(
        steps.map(({ step }) => step),
        ['CLOSE SYN_SENT', 'SYN_SENT ESTABLISHED', 'ESTABLISHED FIN_WAIT1', 'FIN_WAIT1 FIN_WAIT2', 'FIN_WAIT2 CLOSE'],
      );
      const [connecting, ...others] = steps;
      assert.equal(connecting?.localPort, 0);
      assert.equal(new Set(others.map(({ localPort }) => localPort)).size, 1);
      assert.notEqual(others[0]?.localPort, 0);
      for (const { local, remote, remotePort, error, mapped } of steps) {
        assert.deepEqual([local, remote], [lab.source.address, lab.targets[0]!.address]);
        assert.deepEqual([remotePort, error, mapped], [SERVICE, 0, false]);
      }
      assert.deepEqual(
        steps.map(({ role }) => role),
        ['active', 'active', 'unknown', 'unknown', 'active'],
      );
      const times = [startedMs, ...steps.map(({ atMs }) => atMs), bootTimeMs()];
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );

      const processes = mapProcesses(trace.processes);
      assert.equal(new Set(steps.map(({ process }) => process)).size, 1);
      assert.equal(processes.find(connecting!.process)?.comm, 'bash');
      processes.close();
    });
  });

  it('shows every transition of the host that was called, and who listens there', async () => {
    await traced({ netns: [lab.targets[0]!.inode] }, connect, (trace, steps) => {
      assert.deepEqual(
        steps.map(({ step, role }) => `${step} ${role}`),
        [
          'LISTEN SYN_RECV passive',
          'SYN_RECV ESTABLISHED unknown',
          'ESTABLISHED CLOSE_WAIT unknown',
          'CLOSE_WAIT LAST_ACK unknown',
          'LAST_ACK CLOSE passive',
        ],
      );
      const processes = mapProcesses(trace.processes);
      const listener = steps.map(({ process }) => processes.find(process)?.exe);
      processes.close();
      for (const [at, { localPort, mapped }] of steps.entries()) {
        assert.deepEqual([listener[at], localPort, mapped], [process.execPath, SERVICE, true]);
      }
    });
  });

  it('says why a connection failed', async () => {
    await traced(
      { netns: [lab.source.inode], attribution: false },
      () => connect(SERVICE + 1),
      (_trace, steps) => {
        assert.deepEqual(
          steps.map(({ step, error, process }) => [step, error, process]),
          [
            ['CLOSE SYN_SENT', 0, 0],
            ['SYN_SENT CLOSE', 111, 0],
          ],
        );
      },
    );
  });

  it('accounts for every transition', async () => {
    await traced({ netns: [lab.source.inode] }, connect, (trace, steps) => {
      const { seen, submitted, reserveFailed, filtered } = trace.counters();
      assert.equal(submitted, steps.length);
      assert.ok(seen >= submitted + reserveFailed + filtered.netns && filtered.netns > 0);
    });
  });

  it('needs CAP_BPF and CAP_PERFMON alone', async () => {
    const [command, ...words] = [...SETPRIV, process.execPath, TRACE_CONNECTS, String(lab.source.inode)];
    const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => JSON.parse((await lines.next()).value ?? '');
    assert.deepEqual(await next(), { uid: 65_534, unavailable: [] });
    await connect();
    const { comm, exe } = await next();
    assert.deepEqual([comm, exe?.endsWith('/bash')], ['bash', true]);
    child.stdin.end();
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });
});
