/**
 * A scanner as a program, in the network namespace of its addresses: `latency-knocks.ts TARGET PORT...`. For each line
 * `ADDRESS PAUSE_MS` of standard input it opens and resets a connection from that address to each port, and waits so long
 * before the last one. It prints the address, and the time just before the last close in nanoseconds of the clock that all
 * processes of the machine share.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const [target = '', ...ports] = process.argv.slice(2);

for await (const line of createInterface({ input: process.stdin })) {
  const [localAddress = '', pauseMs] = line.split(' ');
  let closedNs = 0n;
  for (const [at, port] of ports.entries()) {
    if (at === ports.length - 1) await delay(Number(pauseMs));
    const socket = connect({ host: target, port: Number(port), localAddress });
    await once(socket, 'connect');
    closedNs = process.hrtime.bigint();
    socket.resetAndDestroy();
  }
  console.log(`${localAddress} ${closedNs}`);
}
