import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { createLab, type Host, type Lab } from '@connscan/lab';
import { parseCidr } from '@connscan/model';
import type { FilterReason } from '../src/counters.ts';
import { type MappedRing, mapRing } from '../src/map-ring.ts';
import { openProbe, type Probe } from '../src/probe.ts';
import { drainOnce, type Seen } from './collect.ts';
import { hold, release } from './hold.ts';
import { type Case, readCases, type Side, type Step } from './read-cases.ts';
import { type Peer, startPeer } from './start-peer.ts';
import { until } from './until.ts';

/*
 * The steps are those of peer.c, done one after the other by S, the source, and T, the target; `-> X` is the answer of a
 * step that does not end with "ok". `open` is "T listen, S connect, T accept", `hold` and `release` are those of hold.ts,
 * `limit N` sets maxLifetimeSeconds, `endpoint` adds an address for MPTCP, `sysctl` and `nmap` run these. The last
 * columns are all that the probe says on either host: its records, the counter that moved instead, or `-` for nothing.
 */
const CASES = `
case                                      | steps                                                                                   | on the source          | on the target
reset at once, as nmap -sT does           | T listen, S connect, T queued 1, S abort                                                | reset                  | reset unaccepted
reset once accepted                       | open, S abort                                                                           | reset                  | reset
FIN without data                          | open, S close, T until close_wait, close                                                | empty_close            | empty_close
FIN without data, by shutdown             | open, S shutdown, T until close_wait, close, S until closed                             | empty_close            | empty_close
banner unread, close                      | open, T send 1000, S readable, close                                                    | reset in               | reset out
banner read, FIN                          | open, T send 9, S receive 9, close, T until close_wait, close                           | empty_close in         | empty_close out
FIN first, banner later                   | open, S close, T until close_wait, send 9                                               | empty_close            | empty_close out
FIN first, banner later and unread        | open, S shutdown, T until close_wait, send 9, S readable, close                         | empty_close in         | empty_close out
FIN first, reset by the target            | open, S shutdown, until fin_wait2, T abort                                              | empty_close            | empty_close
1 byte, reset                             | open, S send 1, T receive 1, S abort                                                    | reset out 1            | reset in 1
a byte, reset before it is accepted       | T listen, S connect, send 1, T queued 1, S abort                                        | reset out 1            | reset in 1 unaccepted
as many bytes as the limit                | open, S send 16, T receive 16, S abort                                                  | reset out 16           | reset in 16
a byte more than the limit                | open, S send 17, T receive 17, S abort                                                  | talked                 | talked
data both ways                            | open, S send 5, T receive 5, send 9, S receive 9, close, T until close_wait, close      | empty_close in out 5   | empty_close in out 5
reset by the target                       | open, T abort                                                                           | responder_reset        | responder_reset
reset by the target, which did not read   | open, S send 5, T readable, close                                                       | responder_reset out 5  | responder_reset in 5
listener closed before accept             | T listen, S connect, T queued 1, drop                                                   | responder_reset        | responder_reset unaccepted
listener closed before accept, after FIN  | T listen, S connect, T queued 1, S shutdown, until fin_wait2, T drop                    | empty_close            | responder_reset unaccepted
target closes first, then FIN             | open, T close, S until close_wait, close                                                | empty_close            | empty_close
target closes first, then reset           | open, T shutdown, until fin_wait2, close, S abort                                       | reset                  | empty_close
target half-closes, then reset            | open, T shutdown, until fin_wait2, S abort                                              | reset                  | reset
target half-closes, then resets           | open, T shutdown, until fin_wait2, abort                                                | responder_reset        | responder_reset
FINs cross                                | open, S hold, T hold, S close, T close, S release, T release                            | empty_close            | empty_close
FIN crosses the target's reset            | open, S hold, shutdown, T abort, S until closed, release                                | empty_close            | responder_reset
FIN not yet acknowledged, reset           | open, S hold, shutdown, abort, release                                                  | empty_close            | empty_close
target's FIN not acknowledged, its reset  | open, T hold, shutdown, abort, release                                                  | responder_reset        | responder_reset
target's FIN crosses a reset              | open, T hold, shutdown, S abort, T until closed, release                                | reset                  | reset
FINs cross, reset by the target           | open, S hold, shutdown, T shutdown, S until closing, T abort, S until closed, release   | empty_close            | responder_reset
FINs cross, reset by the source           | open, T hold, shutdown, S shutdown, T until closing, S abort, T until closed, release   | empty_close            | empty_close
last FIN crosses the target's reset       | open, T shutdown, S until close_wait, hold, close, T abort, S release                   | empty_close            | responder_reset
target's last FIN crosses a reset         | open, S shutdown, T until close_wait, hold, close, S abort, T release                   | empty_close            | empty_close
refused                                   | S connect -> ECONNREFUSED                                                               | refused                | refused
refused, IPv6                             | S connect v6 -> ECONNREFUSED                                                            | refused                | refused
refused, IPv4 from an IPv6 socket         | S connect mapped -> ECONNREFUSED                                                        | refused mapped         | refused
nobody has the address                    | S connect nobody -> EHOSTUNREACH                                                        | unanswered             | -
silent target                             | T listen, hold, S connect timeout=1 -> ETIMEDOUT, T release                             | unanswered             | -
silent target, source gives up            | T listen, hold, S begin, close, T release                                               | unanswered             | -
half-open scan of an open port (nmap -sS) | T listen, S nmap -sS -> open                                                            | -                      | -
half-open scan of a closed port           | S nmap -sS -> closed                                                                    | -                      | refused
left before the last ACK, as HAProxy does | T listen, S connect lazy, abort                                                         | reset                  | -
TCP_DEFER_ACCEPT, reset                   | T listen defer, S connect, abort                                                        | reset                  | -
TCP_DEFER_ACCEPT, FIN                     | T listen defer, S connect, close, T accept, until close_wait, close                     | empty_close            | empty_close
accept queue full                         | T listen backlog=1, S connect, connect, T queued 2, S begin, close                      | unanswered             | -
accept queue full at the last ACK         | T listen backlog=1, hold, S begin, begin, begin, T release, queued 2, S until established, abort | reset                  | -
IPv6                                      | T listen v6, S connect v6, T accept, S abort                                            | reset                  | reset
IPv4 to an IPv6 socket                    | T listen v6, S connect, T accept, S abort                                               | reset                  | reset mapped
IPv4 from an IPv6 socket                  | T listen, S connect mapped, T accept, S abort                                           | reset mapped           | reset
IPv4 between IPv6 sockets                 | T listen v6, S connect mapped, T accept, S abort                                        | reset mapped           | reset mapped
bound source port                         | T listen, S connect from=4444, T accept, S abort                                        | reset                  | reset
fast open                                 | T listen fastopen, S connect fastopen=5, T accept, receive 5, S abort                   | reset out 5            | reset in 5
fast open, a byte more than the limit     | T listen fastopen, S connect fastopen=17, T accept, receive 17, S abort                 | talked                 | talked
fast open, given up before the answer     | T listen fastopen, hold, S begin fastopen=5, abort, T release                           | unanswered             | -
fast open that never wrote                | T listen fastopen, S connect unwritten, abort                                           | not_established        | -
listen(0)                                 | T listen backlog=0, S connect, T accept, S abort                                        | reset                  | reset
listen(0), data both ways                 | T listen backlog=0, S connect, T accept, S send 5, T receive 5, send 9, S receive 9, abort | reset in out 5         | reset in out 5
listen(0), target's FIN behind its data   | T listen backlog=0, S connect small, T accept, flood, close, S abort                    | reset in               | reset out
longer than the limit                     | limit 1, open, S age 1100, T age 1100, S abort                                          | long_lived             | long_lived
peer lost                                 | T listen, S connect timeout=100, T accept, hold, S send 1, until closed, T release      | timed_out              | reset in 1
${existsSync('/proc/sys/net/mptcp') ? mptcpCases() : plainCases()}`;

// A subflow is a connection of its own, and the FIN of an MPTCP connection is not its FIN.
function mptcpCases(): string {
  return `\
MPTCP, reset                              | T listen mptcp, S connect mptcp, T accept, S abort                                      | reset                  | reset
MPTCP, FIN without data                   | T listen mptcp, S connect mptcp, T accept, S close, T readable, close                   | empty_close            | empty_close
MPTCP, reset by the target                | T listen mptcp, S connect mptcp, T accept, abort                                        | responder_reset        | responder_reset
MPTCP, reset by the target after a DATA_FIN | T listen mptcp, S connect mptcp, T accept, S close, T readable, abort                   | responder_reset        | responder_reset
MPTCP listener, plain TCP                 | T listen mptcp, S connect, T accept, S abort                                            | reset                  | reset
MPTCP, two subflows                       | T listen mptcp, S endpoint, connect mptcp, T accept, S send 1, T receive 1, S subflows 2, abort | reset + reset out 1    | reset + reset in 1
MPTCP switched off: plain TCP             | S sysctl net.mptcp.enabled=0, T listen mptcp, S connect mptcp, T accept, S abort        | reset                  | reset`;
}

function plainCases(): string {
  return `\
no MPTCP in this kernel: plain TCP        | T listen mptcp, S connect mptcp, T accept, S abort                                      | reset                  | reset`;
}

const LIMITS = { maxOriginatorBytes: 16, maxLifetimeSeconds: 60 };
/** Of these, only a case moves any; listeners and MPTCP sockets move others, as does all the traffic of this kernel. */
const COUNTED: readonly FilterReason[] = ['talked', 'long_lived', 'loopback', 'external', 'timed_out', 'rate'];
const FENCE_PORT = 19_999;
const FIRST_PORT = 20_000;

describe('on both hosts, the probe says of a connection', () => {
  let lab: Lab;
  let probe: Probe;
  let ring: MappedRing;
  let peers: Readonly<Record<Side, Peer>>;
  let fence: Peer;
  let port = FIRST_PORT;

  before(async () => {
    lab = createLab({ targets: 1 });
    const [source, target] = [lab.source, lab.targets[0]!];
    for (const [host, other] of [[source, target] as const, [target, source] as const]) {
      // An address that nobody has is given up after 0.3 s, and a fast open needs no cookie.
      await host.run('sysctl', ['-qw', 'net.ipv4.neigh.eth0.retrans_time_ms=100', 'net.ipv4.tcp_fastopen=0x207']);
      await release(host, other);
    }
    peers = { S: startPeer(source, target), T: startPeer(target, source) };
    fence = startPeer(source, target);
    const fenceListener = startPeer(target, source);
    for (const peer of [fence, fenceListener]) await peer.step(`case ${FENCE_PORT}`);
    await fenceListener.step('listen');

    const internalCidrs = ['10.77.0.0/24', 'fd77::/64'].map((text) => parseCidr(text)!);
    const netns = [source.inode, target.inode];
    probe = openProbe({ shards: 1, ringBytes: 2 ** 20, internalCidrs, netns, random: randomBytes, ...LIMITS });
    ring = mapRing(probe.rings[0]!);
  });
  after(() => {
    ring?.close();
    probe?.close();
    lab?.close();
  });

  /** From now on, MPTCP opens a second subflow from a second address. */
  async function addSubflow(host: Host): Promise<void> {
    await host.run('ip', ['address', 'add', '10.77.0.101/24', 'dev', 'eth0']);
    await host.run('ip', ['mptcp', 'endpoint', 'add', '10.77.0.101', 'dev', 'eth0', 'subflow']);
  }

  async function doStep({ side, words, answer }: Step): Promise<void> {
    const [here, other] = side === 'S' ? [peers.S, peers.T] : [peers.T, peers.S];
    const [verb, argument = ''] = words.split(' ');
    if (verb === 'hold') await hold(here.host, other.host);
    else if (verb === 'release') await release(here.host, other.host);
    else if (verb === 'limit') probe.setLimits({ ...LIMITS, maxLifetimeSeconds: Number(argument) });
    else if (verb === 'endpoint') await addSubflow(here.host);
    else if (verb === 'sysctl') await here.host.run('sysctl', ['-qw', argument]);
    else if (verb === 'nmap') await scan(argument, answer!);
    else await here.step(words, answer);
  }

  async function scan(technique: string, state: string): Promise<void> {
    const to = ['-n', '-Pn', '-p', `${port}`, peers.T.host.address];
    assert.match(await peers.S.host.run('nmap', [technique, ...to]), new RegExp(`^${port}/tcp +${state}`, 'm'));
  }

  /** The records of the port: as many as wanted, and all others until both hosts reported one more connection. */
  async function drainRecords(wanted: number): Promise<Seen[]> {
    const ofCase: Seen[] = [];
    let fences = 0;
    const drain = () => {
      for (const seen of drainOnce(ring, () => true)) {
        const ports = [seen.localPort, seen.remotePort];
        if (ports.includes(port)) ofCase.push(seen);
        if (ports.includes(FENCE_PORT)) fences++;
      }
    };
    await until(() => {
      drain();
      return ofCase.length >= wanted;
    });
    await fence.step('burst 1');
    await until(() => {
      drain();
      return fences >= 2;
    });
    return ofCase;
  }

  async function play({ steps, source, target }: Case): Promise<void> {
    const before = probe.counters().filtered;
    for (const step of steps) await doStep(step);
    const seen = await drainRecords(source.records.length + target.records.length);
    const said = ({ inode }: Host) =>
      seen.filter(({ netns }) => netns === inode).map((each) => describeRecord(each, inode === lab.source.inode));
    assert.deepEqual(said(lab.source).toSorted(), source.records);
    assert.deepEqual(said(lab.targets[0]!).toSorted(), target.records);
    if (source.records.length === 1 && target.records.length === 1) assertSameConnection(seen);

    const now = probe.counters().filtered;
    const filtered = [...source.filtered, ...target.filtered];
    for (const reason of COUNTED) {
      assert.equal(now[reason] - before[reason], filtered.filter((each) => each === reason).length, reason);
    }
  }

  function assertSameConnection(seen: readonly Seen[]): void {
    const { address, address6, inode } = lab.targets[0]!;
    const atTarget = seen.find(({ netns }) => netns === inode)!;
    const atSource = seen.find(({ netns }) => netns !== inode)!;
    assert.ok([address, address6].includes(atSource.remote));
    assert.equal(atSource.remotePort, port);
    assert.deepEqual([atTarget.remote, atTarget.remotePort], [atSource.local, atSource.localPort]);
    assert.deepEqual([atTarget.local, atTarget.localPort], [atSource.remote, atSource.remotePort]);
  }

  for (const each of readCases(CASES)) {
    it(each.rule, async () => {
      port++;
      probe.setLimits(LIMITS);
      for (const peer of Object.values(peers)) await peer.step(`case ${port}`);
      await play(each);
    });
  }
});

function describeRecord({ outcome, flags, originatorBytes }: Seen, isSource: boolean): string {
  const words: [boolean, string][] = [
    [flags.includes('dataIn'), 'in'],
    [flags.includes('dataOut'), 'out'],
    [originatorBytes > 0, `${originatorBytes}`],
    [flags.includes('notAccepted'), 'unaccepted'],
    [flags.includes('mapped'), 'mapped'],
    [flags.includes('active') !== isSource, 'with the wrong role'],
    [!flags.includes('roleKnown'), 'with an unknown role'],
  ];
  return [outcome, ...words.flatMap(([said, word]) => (said ? [word] : []))].join(' ');
}
