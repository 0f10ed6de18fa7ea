import { readFileSync } from 'node:fs';
import { ConnscanError } from '@connscan/model';

/** Where an aggregator with the data directory of the documentation has written its first administrator's token. */
const OWN_AGGREGATOR = '/var/lib/connscan-aggregator/admin-token';

/** What a client proves itself by, and where it was found, for messages. */
export type Token = { readonly text: string | undefined; readonly from: string };

export type TokenPlaces = {
  /** As given by an option. */
  readonly tokenFile: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/**
 * The token of --token-file, CONNSCAN_TOKEN, CONNSCAN_TOKEN_FILE, or the file that the aggregator of this machine wrote; the
 * first that is there. Throws BAD_USAGE for a file that was named and cannot be read.
 */
export function readToken({ tokenFile, env }: TokenPlaces): Token {
  if (tokenFile !== undefined) return readFile(tokenFile, '--token-file');
  if (env.CONNSCAN_TOKEN) return check(env.CONNSCAN_TOKEN, 'CONNSCAN_TOKEN');
  if (env.CONNSCAN_TOKEN_FILE) return readFile(env.CONNSCAN_TOKEN_FILE, 'CONNSCAN_TOKEN_FILE');
  try {
    return check(readFileSync(OWN_AGGREGATOR, 'utf8'), OWN_AGGREGATOR);
  } catch {
    const places = `--token-file, CONNSCAN_TOKEN or CONNSCAN_TOKEN_FILE, or be allowed to read ${OWN_AGGREGATOR}`;
    return { text: undefined, from: `none: give ${places}` };
  }
}

function readFile(file: string, field: string): Token {
  try {
    return check(readFileSync(file, 'utf8'), `${field} ${file}`);
  } catch (cause) {
    if (cause instanceof ConnscanError) throw cause;
    throw new ConnscanError('BAD_USAGE', `${field}: ${(cause as Error).message}`, { cause });
  }
}

/** What is no token would be no HTTP header. */
function check(content: string, from: string): Token {
  const text = content.trim();
  if (!/^[\x21-\x7e]+$/.test(text)) throw new ConnscanError('BAD_USAGE', `${from}: must hold a token and nothing else`);
  return { text, from };
}
