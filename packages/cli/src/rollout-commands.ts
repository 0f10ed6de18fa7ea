import { setTimeout as delay } from 'node:timers/promises';
import { ConnscanError } from '@connscan/model';
import type { Command } from 'commander';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { createProgress } from './create-progress.ts';
import { formatRollouts, type Rollout } from './format-rollouts.ts';
import { type Aggregator, ask, change, createGraphqlClient } from './graphql-client.ts';
import { readVersion } from './read-version.ts';
import {
  ADVANCE_ROLLOUT,
  PAUSE_ROLLOUT,
  RESUME_ROLLOUT,
  ROLL_BACK_ROLLOUT,
  ROLL_OUT_POLICY,
  ROLLOUT,
  ROLLOUTS,
} from './rollout-documents.ts';
import { type RolloutArguments, readRollout } from './rollout-options.ts';
import { watchRollout } from './watch-rollout.ts';

type RolloutAnswer = { readonly result: Rollout };
type ReasonArguments = ClientArguments & { readonly reason?: string };

const collect = (text: string, texts: readonly string[] = []) => [...texts, text];

/** As often as the aggregator itself looks at its roll-outs. */
const LOOK_MS = 2000;

/** `policy rollout|withdraw|pause|resume|advance`, in the group `policy`. */
export function addRolloutCommands(group: Command): void {
  addClientCommand(group, 'rollout [version]', 'Lists the roll-outs, or rolls a draft out in stages')
    .option('--stage <share>', 'share of its agents, such as 0.05 or 5%; repeatable, rising to 1', collect)
    .option('--soak <time>', 'how long each stage but the last is watched, such as 10m (default: 10m)')
    .option('--forecast <number>', 'detections in an hour to expect (default: what the last day would have had)')
    .option('--factor <number>', 'so many times the forecast pause it (default: 2)')
    .option('--reason <text>', 'why, for the audit log; needed if the fleet sees less by it and the draft has none')
    .option('--watch', 'waits until it is done or stands still; the exit code is 1 if it did not go well')
    .action(
      async (
        text: string | undefined,
        args: ClientArguments & RolloutArguments & { readonly watch?: boolean },
        command,
      ) => {
        const problems: string[] = [];
        const version = text === undefined ? undefined : readVersion('version', text, problems);
        const wanted = readRollout(args, problems);
        const isPlain = Object.keys(wanted).length === 0;
        if (version === undefined && (args.watch || !isPlain)) {
          problems.push('version: must be given to roll it out');
        }
        refuseProblems(command, problems);
        if (version === undefined) return print(args, await findRollouts(args), formatRollouts);
        // One that is on its way is just watched.
        const known = args.watch && isPlain ? await findRollout(args, version) : undefined;
        const begun = known ?? (await changeRollout(args, ROLL_OUT_POLICY, { version, ...wanted }));
        const rollout = args.watch ? await watch(args, version) : begun;
        printOne(args, rollout);
        if (args.watch && (rollout.state !== 'DONE' || rollout.convergence.failed > 0)) process.exitCode = 1;
      },
    );

  addChange(group, 'withdraw <version>', 'Rolls one roll-out back: its document alone is withdrawn', ROLL_BACK_ROLLOUT);
  addChange(group, 'pause <version>', 'Stops a roll-out where it is', PAUSE_ROLLOUT);
  addChange(group, 'resume <version>', 'Goes on with a paused roll-out; its stage is watched anew', RESUME_ROLLOUT);
  addClientCommand(group, 'advance <version>', 'Takes a roll-out to its next stage at once, whoever is behind')
    .requiredOption('--reason <text>', 'why, for the audit log')
    .action((text: string, args: ReasonArguments, command) => changeOne(text, args, command, ADVANCE_ROLLOUT));
}

function addChange(group: Command, usage: string, description: string, document: string): void {
  addClientCommand(group, usage, description)
    .option('--reason <text>', 'why, for the audit log; needed if the fleet sees less by it')
    .action((text: string, args: ReasonArguments, command) => changeOne(text, args, command, document));
}

async function changeOne(text: string, args: ReasonArguments, command: Command, document: string): Promise<void> {
  const problems: string[] = [];
  const version = readVersion('version', text, problems);
  refuseProblems(command, problems);
  printOne(args, await changeRollout(args, document, { version, reason: args.reason }));
}

function printOne(args: ClientArguments, rollout: Rollout): void {
  print(args, rollout, (found, screen) => formatRollouts([found], screen));
}

async function changeRollout(aggregator: Aggregator, document: string, variables: object): Promise<Rollout> {
  const { result } = await change<RolloutAnswer>(createGraphqlClient(aggregator), document, { ...variables });
  return result;
}

async function watch(aggregator: Aggregator, version: number): Promise<Rollout> {
  return watchRollout({
    async find() {
      const rollout = await findRollout(aggregator, version);
      if (!rollout) throw new ConnscanError('BAD_USAGE', `version: there is no roll-out of version ${version}`);
      return rollout;
    },
    wait: () => delay(LOOK_MS),
    progress: createProgress('agents'),
  });
}

async function findRollouts(aggregator: Aggregator): Promise<readonly Rollout[]> {
  type Answer = { readonly policyRollouts: readonly Rollout[] };
  return (await ask<Answer>(createGraphqlClient(aggregator), ROLLOUTS, {})).policyRollouts;
}

async function findRollout(aggregator: Aggregator, version: number): Promise<Rollout | undefined> {
  type Answer = { readonly policy: { readonly rollout: Rollout | null } | null };
  const { policy } = await ask<Answer>(createGraphqlClient(aggregator), ROLLOUT, { version });
  return policy?.rollout ?? undefined;
}
