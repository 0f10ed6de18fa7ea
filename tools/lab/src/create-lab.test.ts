import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { createLab, type Lab } from './create-lab.ts';
import { ip } from './ip.ts';

let lab: Lab;
before(async () => {
  lab = createLab({ targets: 2 });
  await lab.targets[1]!.serve(['http:80', 'banner:22', 'silent:5432']);
});
after(() => lab.close());

const namespaces = (pid: number) => ip('netns', 'list').match(new RegExp(`^connscan-${pid}-\\S+`, 'gm')) ?? [];

test('nmap finds the open ports of a target, on both address families', async () => {
  const { address, address6 } = lab.targets[1]!;
  const ports = ['-sT', '-n', '-Pn', '-p', '22,80,81,5432', '-oG', '-'];
  assert.match(await lab.source.run('nmap', [...ports, address]), /22\/open.*80\/open.*81\/closed.*5432\/open/);
  assert.match(await lab.source.run('nmap', ['-6', ...ports, address6]), /22\/open.*80\/open.*81\/closed.*5432\/open/);
});

test('further sources have addresses behind those of the targets', () => {
  const wide = createLab({ targets: 2, sources: 3 });
  const addresses = [...wide.sources, ...wide.targets].map(({ address }) => address);
  wide.close();
  assert.deepEqual(addresses, ['10.77.0.1', '10.77.0.4', '10.77.0.5', '10.77.0.2', '10.77.0.3']);
});

test('a service that cannot be is told', async () => {
  await assert.rejects(lab.targets[0]!.serve(['gopher:70']), /gopher:70 ended with 1/);
});

test('a closed lab leaves no namespace', () => {
  const short = createLab({ targets: 1 });
  const before = namespaces(process.pid).length;
  short.close();
  short.close();
  assert.equal(before - namespaces(process.pid).length, 3);
});

for (const [how, end, code] of [
  ['an error', 'throw new Error("expected by a test")', 1],
  ['SIGINT', 'process.kill(process.pid, "SIGINT")', null],
] as const) {
  test(`a lab whose process ends by ${how} leaves no namespace`, async () => {
    const door = JSON.stringify(new URL('./index.ts', import.meta.url).href);
    const program = `import { createLab } from ${door}; createLab({ targets: 1 }); ${end}; setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
    assert.equal((await once(child, 'exit'))[0], code);
    assert.deepEqual(namespaces(child.pid!), []);
  });
}

test('what a killed process left is taken away by the next lab', async () => {
  const door = JSON.stringify(new URL('./index.ts', import.meta.url).href);
  const program = `import { createLab } from ${door}; createLab({ targets: 1 }); process.kill(process.pid, 'SIGKILL');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
  await once(child, 'exit');
  assert.equal(namespaces(child.pid!).length, 3);
  createLab({ targets: 0 }).close();
  assert.deepEqual(namespaces(child.pid!), []);
});
