import { createRandom } from '@connscan/lab';
import type { Sighting } from '@connscan/model';
import { START_MS } from './rows.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** `sensor` is the number of the agent that told it. */
export type TestSighting = Sighting & { readonly sensor: number };

type Random = ReturnType<typeof createRandom>;
type Visit = readonly [
  source: string,
  destination: string,
  port: number,
  outcome: Sighting['outcome'],
  atMs: number,
  sensor?: number,
];

/** Recorded histories, each the same every time. */
export const HISTORIES: Readonly<Record<string, () => TestSighting[]>> = {
  'a day of a fleet': () => fleetDay(createRandom(1)),
  'a slow scan': () => slowScan(createRandom(2)),
  'a scan from many addresses of a /64': () => prefixScan(createRandom(3)),
};

/** Health checkers, people who now and then touch a few services, and scanners of every speed, some of whom find little open. */
function fleetDay(random: Random): TestSighting[] {
  const visits: Visit[] = [];
  for (let checker = 0; checker < 4; checker++) {
    const periodMs = 90_000 + checker * 43_000;
    for (let service = 0; service < 14; service++) {
      for (let atMs = service * 150; atMs < 20 * HOUR_MS; atMs += periodMs) {
        const visit = [
          `10.0.1.${checker + 1}`,
          `10.0.2.${service + 1}`,
          443,
          'empty_close',
          atMs + random(900),
        ] as const;
        visits.push(visit);
        // Told by the other end too, whose clock is behind.
        if (checker === 0) visits.push([visit[0], visit[1], visit[2], visit[3], visit[4] + 3000, 1]);
      }
    }
  }
  for (let person = 0; person < 40; person++) {
    for (let visit = 0; visit < 80; visit++) {
      const atMs = random(20 * HOUR_MS);
      visits.push([`10.0.3.${person + 1}`, `10.0.2.${random(30) + 1}`, 22 + random(3), 'reset', atMs]);
    }
  }
  for (let scanner = 0; scanner < 24; scanner++) {
    const fromMs = random(18 * HOUR_MS);
    const services = 4 + random(160);
    const gapMs = 50 + random(12_000);
    for (let service = 0; service < services; service++) {
      const outcome = scanner % 3 === 0 && service % 4 ? 'refused' : 'reset';
      visits.push([`10.0.4.${scanner + 1}`, `10.0.2.${service + 1}`, 445, outcome, fromMs + service * gapMs]);
    }
  }
  return sightingsOf(visits);
}

/** One service each seven minutes, under every threshold, beside one who stops on its way. */
function slowScan(random: Random): TestSighting[] {
  const visits: Visit[] = [];
  for (let service = 0; service < 140; service++) {
    const atMs = service * 7 * MINUTE_MS + random(MINUTE_MS);
    visits.push(['10.1.0.1', `10.2.${service}.9`, 3306, 'reset', atMs]);
    if (service < 25) visits.push(['10.1.0.2', `10.2.${service}.9`, 3306, 'reset', atMs + 10]);
  }
  return sightingsOf(visits);
}

function prefixScan(random: Random): TestSighting[] {
  const visits: Visit[] = [];
  for (let service = 0; service < 60; service++) {
    const source = `fd00:1:2:3::${(service % 20) + 1}`;
    visits.push([source, `fd00:9::${service + 1}`, 22, 'reset', service * 3000 + random(500)]);
    visits.push(['fd00:1:2:4::1', `fd00:9::${(service % 9) + 1}`, 22, 'reset', service * 3000]);
  }
  return sightingsOf(visits);
}

function sightingsOf(visits: readonly Visit[]): TestSighting[] {
  return visits
    .map(([source, destination, port, outcome, atMs, sensor = 0]) => {
      const lastSeenMs = START_MS + atMs;
      return { source, destination, port, outcome, firstSeenMs: lastSeenMs, lastSeenMs, connections: 1, sensor };
    })
    .sort((one, other) => one.lastSeenMs - other.lastSeenMs || (keyOf(one) < keyOf(other) ? -1 : 1));
}

function keyOf({ source, destination, port }: Sighting): string {
  return `${source} ${destination} ${port}`;
}
