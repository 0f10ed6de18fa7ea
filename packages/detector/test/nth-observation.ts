import type { Detector } from '../src/index.ts';

/** The n-th record of an endless stream: 64 sources, each of which touches one of 40 services after the other. */
export function observeNth(detector: Detector, n: number): void {
  const words = new Uint32Array(8);
  words[3] = n % 64;
  words[7] = 1000 + (Math.floor(n / 64) % 8);
  const port = 1 + (Math.floor(n / 64) % 5);
  detector.observe(words, 0, 4, port, 1 + (n % 2), 1000 + n);
}
