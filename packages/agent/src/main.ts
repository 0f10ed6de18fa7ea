#!/usr/bin/env node
import { addCommand, createLogger, createProgram, runDaemon, runProgram, unknownArguments } from '@connscan/program';
import { examineMachine, formatRequirements, requireMachine } from './doctor.ts';
import { type RunArguments, readRunOptions } from './run-options.ts';
import { startAgent } from './start-agent.ts';
import { VERSION } from './version.ts';

const program = createProgram('connscan-agent', 'Finds TCP connection scans on this host', VERSION);

addCommand(program, 'run', 'Watches this host until SIGTERM')
  .option('--aggregator <host:port>', "the aggregator's gRPC address")
  .option('--data <directory>', 'where the agent keeps its identity; made if missing')
  .option('--config <file>', 'settings in YAML, see docs/configuration.md')
  .option('--insecure', 'no TLS and no identities, for an aggregator on loopback')
  .action(async (args: RunArguments, command) => {
    const options = await readRunOptions(args, unknownArguments(command));
    process.exitCode = await runDaemon(async () => {
      requireMachine(examineMachine());
      const logger = createLogger('connscan-agent');
      const agent = await startAgent({ ...options, logger });
      logger.info({ aggregator: options.aggregator }, 'watching');
      return agent;
    });
  });

program
  .command('doctor')
  .description('Says whether the probe can run on this machine, and what to do where it cannot')
  .option('--json', 'as JSON')
  .action(({ json }: { json?: boolean }) => {
    const requirements = examineMachine();
    process.stdout.write(json ? `${JSON.stringify(requirements)}\n` : formatRequirements(requirements));
    process.exitCode = requirements.every(({ ok }) => ok) ? 0 : 3;
  });

await runProgram(program);
