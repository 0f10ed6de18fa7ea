#!/usr/bin/env node
import { once } from 'node:events';
import { hostname } from 'node:os';
import { bootTimeMs, openTrace } from '@connscan/probe';
import { addCommand, createLogger, createProgram, runDaemon, runProgram, unknownArguments } from '@connscan/program';
import { examineMachine, formatRequirements } from './doctor.ts';
import { readToken } from './identity/read-token.ts';
import { openAgentProbe } from './open-agent-probe.ts';
import { formatTransition, printTransitions, TRANSITION_HEAD } from './print-transitions.ts';
import { recordConnections } from './record-connections.ts';
import {
  type EnrollArguments,
  type RunArguments,
  readEnrollOptions,
  readRunOptions,
  readWatchOptions,
  type WatchArguments,
} from './run-options.ts';
import { startAgent } from './start-agent.ts';
import { type StatusArguments, statusCommand } from './status/status-command.ts';
import { takeProbe } from './take-probe.ts';
import { VERSION } from './version.ts';

const NETNS = [
  '--netns <name>',
  'watch only this network namespace, a name of `ip netns` or a path; repeatable',
] as const;
const CONFIG = ['--config <file>', 'settings in YAML, see docs/configuration.md'] as const;
const collect = (name: string, names: readonly string[] = []) => [...names, name];

const program = createProgram('connscan-agent', 'Finds TCP connection scans on this host', VERSION);

addCommand(program, 'run', 'Watches this host until SIGTERM')
  .option('--aggregator <host:port>', "the aggregator's gRPC address")
  .option('--data <directory>', 'where the agent keeps what it needs; made if missing')
  .option(...CONFIG)
  .option(...NETNS, collect)
  .option('--insecure', 'no TLS and no identities, for an aggregator on loopback')
  .option('--metrics <host:port>', 'serve Prometheus metrics here too; loopback only')
  .action(async (args: RunArguments, command) => {
    const options = await readRunOptions(args, unknownArguments(command));
    process.exitCode = await runDaemon(async () => {
      const probe = await takeProbe(options);
      const logger = createLogger('connscan-agent');
      const agent = await startAgent({ ...options, probe, logger });
      logger.info({ aggregator: options.aggregator }, 'watching');
      return agent;
    });
  });

addCommand(program, 'enroll', 'Gets this host an identity from its aggregator, by a token')
  .option('--aggregator <host:port>', "the aggregator's gRPC address")
  .option('--data <directory>', 'where the agent keeps its identity; made if missing')
  .option('--token-file <file>', 'a file with the token; the standard input if left out')
  .option('--token <token>', 'the token itself: visible to every user of this host while the command runs')
  .action(async (args: EnrollArguments, command) => {
    const options = readEnrollOptions(args, unknownArguments(command));
    const token = await readToken(args, process.stdin);
    // Only this command makes a request, and the library for it takes 22 MiB.
    const { enroll } = await import('./identity/enroll.ts');
    const { agentId, certificate } = await enroll({ ...options, token, hostname: hostname() });
    process.stdout.write(`enrolled as agent ${agentId}, until ${certificate.validToDate.toISOString()}\n`);
  });

addCommand(
  program,
  'status',
  'Says how the running agent is, and what is wrong; ends with 0 if it is healthy, else with 1',
)
  .option('--data <directory>', 'of the running agent')
  .option('--json', 'as JSON')
  .action(async (args: StatusArguments, command) => {
    const { text, exitCode } = await statusCommand(args, unknownArguments(command));
    process.stdout.write(text);
    process.exitCode = exitCode;
  });

addCommand(program, 'trace', 'Prints every TCP state transition of this host, until Ctrl-C')
  .option('--json', 'as JSON, one object a line')
  .option(...NETNS, collect)
  .action(async (args: WatchArguments & { json?: boolean }, command) => {
    const { scope } = await readWatchOptions(args, unknownArguments(command));
    const trace = openTrace(scope ? { netns: scope } : {});
    for (const { program: part, reason } of trace.unavailable) process.stderr.write(`without ${part}: ${reason}\n`);
    if (!args.json) process.stdout.write(TRANSITION_HEAD);
    await printTransitions({
      trace,
      format: args.json ? (transition) => `${JSON.stringify(transition)}\n` : formatTransition,
      write: writeOut,
      wallOffsetMs: Date.now() - bootTimeMs(),
      signal: interruption(),
    });
    const { seen, reserveFailed, recursionMisses } = trace.counters();
    trace.close();
    process.stderr.write(`${seen} transitions, ${reserveFailed + recursionMisses} lost\n`);
  });

addCommand(program, 'record <file>', 'Writes what the probe records into a file, until Ctrl-C, to be replayed')
  .option(...CONFIG)
  .option(...NETNS, collect)
  .action(async (file: string, args: WatchArguments, command) => {
    const { scope, config } = await readWatchOptions(args, unknownArguments(command));
    const probe = openAgentProbe(config, scope);
    const wallOffsetMs = Date.now() - bootTimeMs();
    const records = await recordConnections({ probe, file, wallOffsetMs, signal: interruption() });
    const { reserveFailed, recursionMisses } = probe.counters();
    probe.close();
    process.stderr.write(`${records} records, ${reserveFailed + recursionMisses} lost\n`);
  });

addCommand(program, 'doctor', 'Says whether the probe can run on this machine, and what to do where it cannot')
  .option('--json', 'as JSON')
  .action(async (args: WatchArguments & { json?: boolean }, command) => {
    await readWatchOptions(args, unknownArguments(command));
    const requirements = examineMachine();
    process.stdout.write(args.json ? `${JSON.stringify(requirements)}\n` : formatRequirements(requirements));
    process.exitCode = requirements.every(({ ok }) => ok) ? 0 : 3;
  });

await runProgram(program);

/** Aborted by Ctrl-C or SIGTERM. */
function interruption(): AbortSignal {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());
  return interrupt.signal;
}

async function writeOut(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
