import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { ConnscanError } from '@connscan/model';

/** Where the token of `enroll` comes from, as it is written. */
export type TokenArguments = { readonly token?: string; readonly tokenFile?: string };

/** The token of an option, of a file, or else the first line of the standard input. Throws BAD_USAGE if there is no such file. */
export async function readToken({ token, tokenFile }: TokenArguments, stdin: NodeJS.ReadStream): Promise<string> {
  if (token !== undefined) return token.trim();
  if (tokenFile !== undefined) {
    const content = await readFile(tokenFile, 'utf8').catch((cause: Error) => {
      throw new ConnscanError('BAD_USAGE', `--token-file: ${cause.message}`, { cause });
    });
    return content.trim();
  }
  if (stdin.isTTY) process.stderr.write('token: ');
  for await (const line of createInterface({ input: stdin })) return line.trim();
  return '';
}
