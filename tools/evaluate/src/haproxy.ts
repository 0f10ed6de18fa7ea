import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PORTS, type Stage, servicesOf } from './scenario.ts';

/** How long HAProxy checks: with its default of one check each 2 s, longer than confirmation and four beats. */
const SECONDS = 50;

/** Runs HAProxy with two checked servers on each target; returns how many of them it says are up. */
export async function checkByHaproxy({ sources, targets, directory, wait }: Stage, options: string[]): Promise<number> {
  const source = sources[0]!;
  const admin = join(directory, `${source.netns}.sock`);
  const config = join(directory, `${source.netns}.cfg`);
  const servers = servicesOf(targets, PORTS.http.slice(0, 2)).map((at, index) => `server s${index} ${at} check`);
  await writeFile(
    config,
    [
      `global\nstats socket ${admin}`,
      'defaults\nmode http\ntimeout connect 1s\ntimeout client 1s\ntimeout server 1s',
      ['listen lab\nbind 127.0.0.1:8000', ...options, ...servers].join('\n'),
      '',
    ].join('\n'),
  );
  const haproxy = source.spawn('haproxy', ['-q', '-db', '-f', config]);
  await wait(SECONDS);
  const up = (await ask(admin, 'show stat')).match(/,s\d+,.*,L[47]OK,/g)?.length ?? 0;
  const exit = once(haproxy, 'exit');
  haproxy.kill();
  await exit;
  return up;
}

/** A socket is reached from every network namespace that sees its file. */
async function ask(admin: string, command: string): Promise<string> {
  const socket = connect(admin);
  socket.end(`${command}\n`);
  return await text(socket);
}
