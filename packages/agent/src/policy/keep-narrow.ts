import { containsCidr, type Exception, parseCidr } from '@connscan/model';

/**
 * What all exceptions of a policy together may take out of the counts: so many source addresses, so many target addresses
 * and so many ports. A /16 each, as a network of scanners or of decoys may be; of IPv6, where one host has a /64, as many
 * of those. An exception is charged for its narrowest scope; one that names processes for none, as it takes what they do
 * and no more.
 */
const MOST_ADDRESSES = 2 ** 16;
const MOST_PORTS = 64;

/** All of IPv4, in the form of addresses: a range around it takes it whole. */
const IPV4 = parseCidr('0.0.0.0/0')!;

/** The exceptions that fit, in order; for each that does not there is a note. */
export function keepNarrow(exceptions: readonly Exception[], notes: string[]): Exception[] {
  let sources = MOST_ADDRESSES;
  let targets = MOST_ADDRESSES;
  let ports = MOST_PORTS;

  function fits(exception: Exception): boolean {
    if (exception.processes) return true;
    const [asSources, asTargets] = [addressesIn(exception.sources), addressesIn(exception.targets)];
    const asPorts = exception.ports?.length ?? Number.POSITIVE_INFINITY;
    if (asSources <= sources && asSources <= asTargets) sources -= asSources;
    else if (asTargets <= targets) targets -= asTargets;
    else if (asSources <= sources) sources -= asSources;
    else if (asPorts <= ports) ports -= asPorts;
    else return false;
    return true;
  }

  return exceptions.filter((exception) => {
    if (fits(exception)) return true;
    const most = `${MOST_ADDRESSES} sources, ${MOST_ADDRESSES} targets and ${MOST_PORTS} ports`;
    notes.push(`exceptions.${exception.name}: left out: all exceptions together may take ${most}`);
    return false;
  });
}

/** IPv4 addresses and IPv6 /64s in the ranges; all there are if none are given. */
function addressesIn(cidrs: readonly string[] | undefined): number {
  if (!cidrs) return Number.POSITIVE_INFINITY;
  return cidrs.reduce((sum, cidr) => sum + sizeOf(cidr), 0);
}

function sizeOf(text: string): number {
  const cidr = parseCidr(text)!;
  if (containsCidr(IPV4, cidr)) return 2 ** (128 - cidr.prefixBits);
  return 2 ** Math.max(0, 64 - cidr.prefixBits) + (containsCidr(cidr, IPV4) ? 2 ** 32 : 0);
}
