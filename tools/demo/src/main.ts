/** `npm run demo`: a real scan, seen by the probe in this kernel, read back from GraphQL. */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { ConnscanError } from '@connscan/model';
import { createProgram, runProgram, unknownArguments } from '@connscan/program';
import manifest from '../package.json' with { type: 'json' };
import { awaitDetection, detectionOfSource } from './detection-of-source.ts';
import { formatFound } from './format-found.ts';
import { kernelCounts } from './kernel-counts.ts';
import { LAB_POLICY } from './lab-policy.ts';
import { requireMachine } from './require-machine.ts';
import { type Stack, startStack } from './start-stack.ts';

/** Open on every target. Four targets make 32 services: above the medium threshold, below the high one. */
const SERVICES = [
  'http:80',
  'http:8080',
  'banner:22',
  'banner:25',
  'silent:3306',
  'silent:5432',
  'banner:21',
  'http:8000',
];
const TARGETS = 4;

/** How long the detection may take once the scan is over, in milliseconds. */
const PATIENCE_MS = 10_000;

type DemoArguments = { readonly once?: boolean; readonly json?: boolean };

const description = 'Scans a lab on this machine and shows what is detected';
const program = createProgram('npm run demo --', description, manifest.version)
  .option('--once', 'end after the detection')
  .option('--json', 'with --once: print one JSON object')
  .allowUnknownOption()
  .allowExcessArguments()
  .action(async (args: DemoArguments, command) => {
    const problems = unknownArguments(command);
    if (args.json && !args.once) problems.push('--json: goes with --once');
    if (problems.length > 0) throw new ConnscanError('BAD_USAGE', problems.join('\n'));
    process.exitCode = await demo(args).catch((error: Error) => {
      if (error.name !== 'AbortError') throw error;
      process.stderr.write('demo: interrupted\n');
      return 1;
    });
  });
await runProgram(program);

async function demo({ once: endAtOnce = false, json = false }: DemoArguments): Promise<number> {
  const say = (text: string) => process.stderr.write(`demo: ${text}\n`);
  requireMachine();
  // From the beginning, so that Ctrl-C at any moment takes everything away.
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());
  const { signal } = interrupt;
  const stack = await startStack({
    targets: TARGETS,
    services: SERVICES,
    // The default ports, so that `npx connscan` finds the demo; any port for a run that is soon over.
    http: endAtOnce ? '127.0.0.1:0' : '127.0.0.1:8470',
    grpc: endAtOnce ? '127.0.0.1:0' : '127.0.0.1:8471',
    // The processes of a lab are root's.
    config: { policy: LAB_POLICY, snapshotPrivileges: true },
    say,
    signal,
  });
  try {
    const latencyMs = await scan(stack, say);
    signal.throwIfAborted();
    if (latencyMs === undefined) {
      say('nothing was detected');
      return 1;
    }
    // A stopped agent has told everything it knows; one that goes on tells its counters every 2 s.
    await (endAtOnce ? stack.agent.stop() : delay(2500));
    const detection = (await detectionOfSource(stack, stack.lab.source.address))!;
    const found = { detection, latencyMs, kernel: await kernelCounts(stack) };
    process.stdout.write(json ? `${JSON.stringify(found)}\n` : formatFound(found));
    if (!endAtOnce) await stayUp(stack, signal);
    return 0;
  } finally {
    await stack.stop();
  }
}

/**
 * Scans every target; returns the milliseconds from the connection that crossed the threshold to the answer of GraphQL
 * with the detection, or undefined if there is none.
 */
async function scan(stack: Stack, say: (text: string) => void): Promise<number | undefined> {
  const { lab } = stack;
  // connect() to the hundred ports that are open most often, no ping, no names; for a second, as a person would wait.
  const words = ['-sT', '-n', '-Pn', '--top-ports', '100', '--max-rate', '400'];
  words.push(...lab.targets.map(({ address }) => address));
  say(`scanning from ${lab.source.address}: nmap ${words.join(' ')}`);
  const patience = new AbortController();
  const answer = awaitDetection(stack, lab.source.address, patience.signal);
  await lab.source.run('nmap', words);
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  const found = await answer;
  clearTimeout(timer);
  return found && found.answeredMs - Date.parse(found.detection.startedAt);
}

async function stayUp({ lab, url, token, tokenFile }: Stack, signal: AbortSignal): Promise<void> {
  const base = new URL(url).origin;
  process.stdout.write(`
GraphQL and its editor   ${url}
  with the header        {"authorization": "Bearer ${token}"}
health                   ${base}/healthz
in another shell         export CONNSCAN_TOKEN_FILE=${tokenFile}
                         npx connscan detections
                         npx connscan watch
scan again               ip netns exec ${lab.source.netns} nmap -sT -n -Pn ${lab.targets[0]!.address}
Ctrl-C ends the demo and takes the lab away.
`);
  if (!signal.aborted) await once(signal, 'abort');
}
