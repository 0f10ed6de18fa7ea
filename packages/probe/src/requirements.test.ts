import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { checkMachine, MACHINE_PATHS } from './requirements.ts';

const MIB = 2 ** 20;
const ALL = '000001ffffffffff';
const BPF_AND_PERFMON = '000000c000000000';
const ONLY_BPF = '0000008000000000';
const SYS_ADMIN = '0000000000200000';

const directory = mkdtempSync(join(tmpdir(), 'connscan-requirements-'));
after(() => rmSync(directory, { recursive: true }));

/** A machine made of files. */
function machine(found: { release?: string; btf?: boolean; capabilities?: string; availableKib?: number }) {
  const { release = '6.1.0-13-amd64', btf = true, capabilities = ALL, availableKib = 1024 * 1024 } = found;
  const write = (name: string, text: string) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };
  return {
    release: write('osrelease', `${release}\n`),
    btf: btf ? write('vmlinux', '') : join(directory, 'absent'),
    status: write('status', `Name:\tnode\nCapPrm:\t${ALL}\nCapEff:\t${capabilities}\nSeccomp:\t0\n`),
    memory: write('meminfo', `MemTotal: 2097152 kB\nMemAvailable:   ${availableKib} kB\n`),
  };
}

function missing(found: Parameters<typeof machine>[0], ringBytes = 4 * MIB): string[] {
  return checkMachine(ringBytes, machine(found)).flatMap(({ ok, name }) => (ok ? [] : [name]));
}

describe('requirements', () => {
  it('are met by a kernel with BTF, by root', () => {
    assert.deepEqual(missing({}), []);
  });

  it('ask for Linux 5.10 or newer', () => {
    for (const release of ['5.10.0', '5.15.0-91-generic', '6.0', '10.1.2']) assert.deepEqual(missing({ release }), []);
    for (const release of ['5.9.16', '4.19.0', '3.10.0-1160.el7', ''])
      assert.deepEqual(missing({ release }), ['kernel']);
  });

  it('ask for the types of the kernel', () => {
    assert.deepEqual(missing({ btf: false }), ['BTF']);
  });

  it('ask for CAP_BPF with CAP_PERFMON, or for CAP_SYS_ADMIN which has both', () => {
    for (const capabilities of [BPF_AND_PERFMON, SYS_ADMIN]) assert.deepEqual(missing({ capabilities }), []);
    for (const capabilities of [ONLY_BPF, '0000000000000000']) {
      assert.deepEqual(missing({ capabilities }), ['capabilities']);
    }
  });

  it('ask for memory for the rings and the agent', () => {
    assert.deepEqual(missing({ availableKib: 132 * 1024 }, 4 * MIB), []);
    assert.deepEqual(missing({ availableKib: 132 * 1024 - 1 }, 4 * MIB), ['ring memory']);
  });

  it('are all reported at once, each with what was found and what to do', () => {
    const absent = join(directory, 'absent');
    const all = checkMachine(4 * MIB, { release: absent, btf: absent, status: absent, memory: absent });
    assert.deepEqual(
      all.map(({ ok }) => ok),
      Object.keys(MACHINE_PATHS).map(() => false),
    );
    for (const { found, remedy } of all) assert.ok(found.length > 0 && remedy.endsWith('.'));
  });
});
