#!/usr/bin/env node
import {
  addCommand,
  createLogger,
  createProgram,
  formatSocketAddress,
  runDaemon,
  runProgram,
  unknownArguments,
} from '@connscan/program';
import manifest from '../package.json' with { type: 'json' };
import { addArchiveCommands } from './archive/archive-commands.ts';
import { DEFAULT_ROWS_PER_SECOND } from './ingest/row-quota.ts';
import { readServeOptions, type ServeArguments } from './serve-options.ts';
import { startAggregator } from './start-aggregator.ts';

const description = 'Collects what the agents find, keeps it, and answers GraphQL';
const program = createProgram('connscan-aggregator', description, manifest.version);

addCommand(program, 'serve', 'Serves agents and users until SIGTERM')
  .option('--data <directory>', 'where everything is kept, or only the keys with --store; made if missing')
  .addOption(
    program
      .createOption('--store <url>', 'postgres://USER@HOST:PORT/DATABASE in place of the embedded store')
      .env('CONNSCAN_STORE'),
  )
  .option('--retention-days <number>', 'how long sightings are kept', '90')
  .option(
    '--agent-rows-per-second <number>',
    'what each agent may have stored; the rest waits in its spool',
    String(DEFAULT_ROWS_PER_SECOND),
  )
  .option('--http <host:port>', 'GraphQL at /graphql, health at /healthz; loopback only without TLS', '127.0.0.1:8470')
  .option('--http-cert <file>', 'certificate of that port in PEM, with those that signed it behind it')
  .option('--http-key <file>', 'its private key in PEM')
  .option('--grpc <host:port>', 'for agents', '127.0.0.1:8471')
  .option('--oidc-issuer <url>', 'takes JWTs of this issuer, besides API tokens')
  .option('--oidc-audience <name>', 'what they must be meant for')
  .option('--oidc-role-claim <name>', 'their claim with the roles (default: roles)')
  .option('--oidc-role-map <word=role,...>', 'what the words of that claim are here (default: the roles themselves)')
  .option('--graphiql', 'serve a query editor to browsers at /graphql')
  .option('--insecure', 'no TLS and no identities for agents; loopback only')
  .action(async (args: ServeArguments, command) => {
    const options = readServeOptions(args, unknownArguments(command));
    process.exitCode = await runDaemon(async () => {
      const log = createLogger('connscan-aggregator');
      const aggregator = await startAggregator({ ...options, log });
      if (!options.store)
        log.info('the embedded store never calls fsync: it survives kill -9 of this process, not a power cut');
      const { http, grpc } = aggregator;
      log.info({ http: formatSocketAddress(http), grpc: formatSocketAddress(grpc) }, 'listening');
      return aggregator;
    });
  });

addArchiveCommands(program);

await runProgram(program);
