import { createRandom } from '@connscan/lab';

/** Addresses and ports of one mix. Words are in the byte order of the machine, which is little-endian. */
export type Keys = {
  /** Writes the address of a source, four words. */
  writeSource(words: Int32Array, at: number, source: number): void;
  /** Writes the address of a service of a source and returns its port. */
  writeService(words: Int32Array, at: number, source: number, service: number): number;
};

/**
 * `ordinary`: a network as it is, of IPv4. The others come in pairs, of random keys and of such as who knows the code, but
 * not its secret, would choose for them to share chains.
 */
export type KeysName = 'ordinary' | `${'random' | 'chosen'}${4 | 6}`;

const MAPPED = 0xffff_0000 | 0;

/** The keys of this name, for so many services of each source. */
export function createKeys(name: KeysName, services: number): Keys {
  switch (name) {
    case 'ordinary':
      return ordinary(services);
    case 'random4':
      return random(4, services);
    case 'random6':
      return random(6, services);
    case 'chosen4':
      return CHOSEN_4;
    case 'chosen6':
      return CHOSEN_6;
  }
}

/** Writes the IPv4 address of this number. */
function writeIpv4(words: Int32Array, at: number, address: number): void {
  words[at] = 0;
  words[at + 1] = 0;
  words[at + 2] = MAPPED;
  words[at + 3] = swap(address);
}

function swap(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** The same in native/detector.c. Neighbours among the services of a source are far from each other. */
function ordinary(services: number): Keys {
  return {
    writeSource(words, at, source) {
      writeIpv4(words, at, 0x0a00_0000 | source);
    },
    writeService(words, at, source, service) {
      const mixed = Math.imul(source * services + service + 1, 0x9e37_79b1);
      writeIpv4(words, at, 0x0a80_0000 | (mixed >>> 9));
      return 1 + (mixed & 0x3ff);
    },
  };
}

/** Every source has the same services, as a scanner's targets are. */
function random(family: 4 | 6, services: number): Keys {
  const draw = createRandom(family);
  const word = () => draw(2 ** 32) | 0;
  const addresses = Int32Array.from({ length: 4 * 2 ** 17 }, word);
  const ports = Int32Array.from({ length: services }, () => 1 + draw(65_535));
  const writeAddress = (words: Int32Array, at: number, index: number) => {
    for (let i = 0; i < 4; i++) words[at + i] = addresses[index * 4 + i]!;
    if (family === 6) return;
    words[at] = 0;
    words[at + 1] = 0;
    words[at + 2] = MAPPED;
  };
  return {
    writeSource: (words, at, source) => writeAddress(words, at, services + source),
    writeService(words, at, _source, service) {
      writeAddress(words, at, service);
      return ports[service]!;
    },
  };
}

/** 10.0.x.y: all that differs is in the high bits of a word. Services: few bits of a product tell them apart. */
const CHOSEN_4: Keys = {
  writeSource(words, at, source) {
    writeIpv4(words, at, 0x0a00_0000 | source);
  },
  writeService(words, at, _source, service) {
    writeIpv4(words, at, 0x0a80_0000 | ((service & 127) << 1));
    return (1 + (service >> 7)) << 12;
  },
};

/** fd00:0:0:x::1, the gateways of many networks. Services: three bits at the top of each word. */
const CHOSEN_6: Keys = {
  writeSource(words, at, source) {
    words[at] = 0xfd;
    words[at + 1] = swap(source);
    words[at + 2] = 0;
    words[at + 3] = swap(1);
  },
  writeService(words, at, _source, service) {
    words[at] = 0xfd | (service << 29);
    words[at + 1] = (service >> 3) << 29;
    words[at + 2] = ((service >> 6) & 3) << 30;
    words[at + 3] = ((service >> 8) << 30) | 2;
    return 443;
  },
};
