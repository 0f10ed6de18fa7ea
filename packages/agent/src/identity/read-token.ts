import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { ConnscanError } from '@connscan/model';

/** Where the token of `enroll` comes from, as it is written. */
export type TokenArguments = { readonly token?: string; readonly tokenFile?: string };

/** The token of an option, of a file, or of the standard input. Throws BAD_USAGE if there is none. */
export async function readToken({ token, tokenFile }: TokenArguments, stdin: NodeJS.ReadStream): Promise<string> {
  if (token !== undefined) return token.trim();
  if (tokenFile !== undefined) {
    const content = await readFile(tokenFile, 'utf8').catch((cause: Error) => {
      throw new ConnscanError('BAD_USAGE', `--token-file: ${cause.message}`, { cause });
    });
    return content.trim();
  }
  if (stdin.isTTY) throw new ConnscanError('BAD_USAGE', '--token-file: must be given, or the token on standard input');
  return (await text(stdin)).trim();
}
