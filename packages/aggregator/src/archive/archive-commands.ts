import { ConnscanError } from '@connscan/model';
import { addCommand, unknownArguments } from '@connscan/program';
import type { Command } from 'commander';
import { type PostgresUrl, parsePostgresUrl } from '../store/postgres-url.ts';
import { backUp } from './back-up.ts';
import { moveStore, restore } from './restore.ts';

type BackupArguments = { readonly data?: string; readonly store?: string; readonly out?: string };
type RestoreArguments = { readonly data?: string; readonly store?: string; readonly from?: string };
type MigrateArguments = { readonly data?: string; readonly to?: string };

const now = () => new Date();

/** Adds `backup`, `restore` and `migrate`. */
export function addArchiveCommands(program: Command): void {
  const urlOption = (flags: string, description: string) =>
    program.createOption(flags, description).env('CONNSCAN_STORE');

  addCommand(program, 'backup', 'Writes the store and the keys into one file, to be kept as secret as they are')
    .option('--data <directory>', 'data directory of the aggregator')
    .addOption(urlOption('--store <url>', 'the PostgreSQL store, in place of the embedded one'))
    .option('--out <file>', 'made by this command, readable by you alone')
    .action(async (args: BackupArguments, command: Command) => {
      const problems = unknownArguments(command);
      const data = readText('--data', args.data, problems);
      const out = readText('--out', args.out, problems);
      const store = readUrl('--store', args.store, problems);
      refuse(problems);
      await backUp({ data, out, store, now, onSection });
    });

  addCommand(program, 'restore', 'Makes a store and the keys from a file of backup')
    .option('--from <file>', 'what backup wrote')
    .option('--data <directory>', 'data directory without a store; made if missing')
    .addOption(urlOption('--store <url>', 'an empty PostgreSQL database, in place of the embedded store'))
    .action(async (args: RestoreArguments, command: Command) => {
      const problems = unknownArguments(command);
      const from = readText('--from', args.from, problems);
      const data = readText('--data', args.data, problems);
      const store = readUrl('--store', args.store, problems);
      refuse(problems);
      await restore({ from, data, store, onSection });
    });

  addCommand(program, 'migrate', 'Copies the embedded store into an empty PostgreSQL database')
    .option('--data <directory>', 'data directory of the aggregator, which is stopped; its keys stay in it')
    .addOption(urlOption('--to <url>', 'postgres://USER@HOST:PORT/DATABASE'))
    .action(async (args: MigrateArguments, command: Command) => {
      const problems = unknownArguments(command);
      const data = readText('--data', args.data, problems);
      const to = readUrl('--to', readText('--to', args.to, problems), problems);
      refuse(problems);
      await moveStore({ data, to: to!, now, onSection });
    });
}

function readText(option: string, value: string | undefined, problems: string[]): string {
  if (!value) problems.push(`${option}: is needed`);
  return value ?? '';
}

/** Undefined where there is none. */
function readUrl(option: string, value: string | undefined, problems: string[]): PostgresUrl | undefined {
  if (!value) return undefined;
  const url = parsePostgresUrl(value, option);
  if (!('problem' in url)) return url;
  problems.push(url.problem);
  return undefined;
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new ConnscanError('BAD_USAGE', problems.join('\n'));
}

/** On standard error, so that a long command is seen to work. */
function onSection(from: string, rows: number): void {
  if (rows > 0) process.stderr.write(`${from}: ${rows} rows\n`);
}
