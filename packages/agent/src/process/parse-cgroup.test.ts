import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerOf, unitOf } from './parse-cgroup.ts';

const ID = '0123456789abcdef'.repeat(4);
const OTHER = 'f'.repeat(64);
const POD = 'pod1c8b9a5e_0b8e_4f0e_9d3a_2f1c6d1c0e5f';

const CONTAINERS: readonly (readonly [string, string | undefined])[] = [
  [`0::/system.slice/docker-${ID}.scope`, 'docker'],
  [`4:memory:/docker/${ID}\n1:name=systemd:/docker/${ID}`, 'docker'],
  [`0::/../docker-${ID}.scope/init.scope`, 'docker'],
  [
    `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-${POD}.slice/cri-containerd-${ID}.scope`,
    'containerd',
  ],
  [`0::/system.slice/containerd.service/kubepods-${POD}.slice:cri-containerd:${ID}`, 'containerd'],
  [`0::/system.slice/nerdctl-${ID}.scope`, 'containerd'],
  [`0::/machine.slice/libpod-${ID}.scope/container`, 'podman'],
  [`0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope`, 'podman'],
  [`0::/kubepods.slice/kubepods-${POD}.slice/crio-${ID}.scope/container`, 'cri-o'],
  [`0::/kubepods/besteffort/${POD}/crio-${ID}`, 'cri-o'],
  [`0::/kubepods/besteffort/${POD}/${ID}`, undefined],
];

for (const [cgroup, runtime] of CONTAINERS) {
  test(`${cgroup.replaceAll(ID, 'ID').replaceAll('\n', ' ')} is of ${runtime ?? 'an unknown runtime'}`, () => {
    assert.deepEqual(containerOf(cgroup), runtime === undefined ? { id: ID } : { id: ID, runtime });
  });
}

test('a container in a container is the inner one', () => {
  assert.equal(containerOf(`0::/docker/${OTHER}/docker/${ID}`)?.id, ID);
});

test('what runs beside a container, or is none, has no container', () => {
  for (const cgroup of [
    '0::/',
    '',
    '0::/system.slice/ssh.service',
    `0::/machine.slice/libpod-conmon-${ID}.scope`,
    `0::/system.slice/crio-conmon-${ID}.scope`,
    `0::/docker/${ID.slice(1)}`,
    `4:memory:/docker/${ID}\n1:name=systemd:/docker/${OTHER}`,
  ]) {
    assert.equal(containerOf(cgroup), undefined, cgroup);
  }
});

test('the unit is the innermost service or scope', () => {
  assert.equal(unitOf('0::/system.slice/ssh.service\n'), 'ssh.service');
  assert.equal(
    unitOf('4:memory:/\n1:name=systemd:/system.slice/system-getty.slice/getty@tty1.service'),
    'getty@tty1.service',
  );
  assert.equal(unitOf('0::/user.slice/user-0.slice/user@0.service/app.slice/a\\x2db.service/sub'), 'a\\x2db.service');
  assert.equal(unitOf('0::/user.slice/user-1000.slice/session-3.scope'), 'session-3.scope');
  assert.equal(unitOf('0::/'), undefined);
  assert.equal(unitOf('2:cpu:/a.service\n1:name=systemd:/b.service'), undefined);
});
