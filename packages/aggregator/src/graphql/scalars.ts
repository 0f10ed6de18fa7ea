import { isIP } from 'node:net';
import { canonicalAddress } from '@connscan/model';
import { GraphQLError } from 'graphql';
import type { Builder } from './builder.ts';

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

export function addScalars(builder: Builder): void {
  builder.scalarType('Address', {
    description: 'An IPv4 or IPv6 address in its shortest form. Other spellings are taken and mean the same.',
    serialize: (address) => canonicalAddress(address) ?? address,
    parseValue: parseAddress,
  });
  builder.scalarType('Network', {
    description:
      'A network in CIDR notation, such as 10.0.0.0/8 or 2001:db8::/32; an address alone is a network of one.',
    serialize: (network) => network,
    parseValue: parseNetwork,
  });
  builder.scalarType('Count', {
    description: 'A whole number from 0 to 2^53, which Int would cut at 2^31.',
    serialize: (count) => count,
  });
  builder.scalarType('DateTime', {
    description: 'A time in ISO 8601 with its zone, to the millisecond: 2026-01-31T12:00:00.000Z.',
    serialize: (time) => time.toISOString(),
    parseValue: parseTime,
  });
}

function parseAddress(value: unknown): string {
  const address = typeof value === 'string' ? canonicalAddress(value) : undefined;
  if (address === undefined) throw badValue('must be an IPv4 or IPv6 address such as 10.0.0.1');
  return address;
}

function parseNetwork(value: unknown): string {
  const [text = '', bits] = typeof value === 'string' ? value.split('/') : [];
  const address = canonicalAddress(text);
  const most = isIP(text) === 6 ? 128 : 32;
  if (address === undefined || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most))) {
    throw badValue('must be a network such as 10.0.0.0/8, or an address');
  }
  return `${address}/${bits ?? most}`;
}

function parseTime(value: unknown): Date {
  const time = new Date(typeof value === 'string' && ISO_TIME.test(value) ? value : Number.NaN);
  if (Number.isNaN(time.getTime())) {
    throw badValue('must be a time with its zone such as 2026-01-31T12:00:00Z');
  }
  return time;
}

/** A GraphQLError, because the text of any other would be masked. */
function badValue(problem: string): GraphQLError {
  return new GraphQLError(problem, { extensions: { code: 'BAD_USER_INPUT' } });
}
