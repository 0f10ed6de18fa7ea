import { ConnscanError, canonicalAddress } from '@connscan/model';
import type { Command } from 'commander';
import type { SourceAnswer, SourcesAnswer } from './answers.ts';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { readLimit } from './detection-filter.ts';
import { SOURCE, SOURCES } from './documents.ts';
import { findPages } from './find-pages.ts';
import { formatSource, formatSources } from './format-sources.ts';
import { ask, createGraphqlClient } from './graphql-client.ts';
import { readPastTime } from './read-past-time.ts';

/** The aggregator gives at most this many a page. */
const PAGE = 200;

type WindowArguments = ClientArguments & { readonly since?: string; readonly until?: string };
type SourcesArguments = WindowArguments & { readonly limit?: string; readonly all?: boolean };

/** `sources` and `source ADDRESS`. */
export function addSourceCommands(program: Command): void {
  addWindow(addClientCommand(program, 'sources', 'Lists who made suspicious connections, scans or not'))
    .option('--limit <number>', 'how many at most (default: 50)')
    .option('--all', 'all of them')
    .action(async (args: SourcesArguments, command) => {
      const problems: string[] = [];
      const window = readWindow(args, problems);
      const limit = readLimit(args, problems);
      refuseProblems(command, problems);
      const client = createGraphqlClient(args);
      const sources = await findPages(limit, PAGE, async (place) => {
        const answer = await ask<SourcesAnswer>(client, SOURCES, { ...window, ...place });
        return answer.sources;
      });
      print(args, sources, formatSources);
    });

  addWindow(
    addClientCommand(program, 'source <address>', 'Shows what one source touched and when it was detected'),
  ).action(async (text: string, args: WindowArguments, command) => {
    const problems: string[] = [];
    const window = readWindow(args, problems);
    const address = canonicalAddress(text);
    if (address === undefined) problems.push(`address: must be an IPv4 or IPv6 address, is ${JSON.stringify(text)}`);
    refuseProblems(command, problems);
    const { source } = await ask<SourceAnswer>(createGraphqlClient(args), SOURCE, { address, ...window });
    if (!source) throw new ConnscanError('BAD_USAGE', `address: ${address} made no suspicious connections then`);
    print(args, source, formatSource);
  });
}

function addWindow(command: Command): Command {
  return command
    .option('--since <time>', 'from this time on, such as 2026-01-31T12:00:00Z or 7d ago (default: a day ago)')
    .option('--until <time>', 'before this time');
}

function readWindow({ since, until }: WindowArguments, problems: string[]) {
  const read = (option: string, text: string | undefined) =>
    text === undefined ? undefined : readPastTime(option, text, Date.now(), problems);
  return { since: read('since', since), until: read('until', until) };
}
