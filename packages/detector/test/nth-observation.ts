import type { Detector } from '../src/index.ts';

/** The third word of an IPv4 address, in the byte order of the machine. */
const MAPPED = new Uint32Array(Uint8Array.of(0, 0, 0xff, 0xff).buffer)[0]!;

/** The n-th record of an endless stream: 64 sources, each of which touches one of 40 services after the other. */
export function observeNth(detector: Detector, n: number): void {
  const port = 1 + (Math.floor(n / 64) % 5);
  const words = Uint32Array.of(0, 0, MAPPED, n % 64, 0, 0, MAPPED, 1000 + (Math.floor(n / 64) % 8));
  detector.add(words, 0, 4, port, 1 + (n % 2), 1000 + n);
  detector.flush();
}
