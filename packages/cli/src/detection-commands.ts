import { ConnscanError } from '@connscan/model';
import { unknownArguments } from '@connscan/program';
import type { Command } from 'commander';
import type { DetectionAnswer } from './answers.ts';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { addFilter, type FilterArguments, readFilter } from './detection-filter.ts';
import { DETECTION } from './documents.ts';
import { findDetections } from './find-detections.ts';
import { formatDetection } from './format-detection.ts';
import { formatAlert, formatDetections } from './format-detections.ts';
import { ask, createGraphqlClient } from './graphql-client.ts';
import { addTriageCommands } from './triage-commands.ts';
import { watchDetections } from './watch-detections.ts';
import { wordOption } from './word-option.ts';

const ORDERS = ['newest', 'oldest', 'last-seen', 'severity'];

type ListArguments = ClientArguments & FilterArguments & { readonly order?: string };

/** `detections`, `detection show|ack|resolve|comment` and `watch`. */
export function addDetectionCommands(program: Command): void {
  addFilter(addClientCommand(program, 'detections', 'Lists detections, the latest first'))
    .addOption(wordOption('--order <order>', 'what comes first (default: newest)', ORDERS))
    .option('--limit <number>', 'how many at most (default: 50)')
    .option('--all', 'all of them')
    .action(async (args: ListArguments, command) => {
      const problems = unknownArguments(command);
      const { order } = args;
      if (order !== undefined && !ORDERS.includes(order)) problems.push(`--order: must be one of ${ORDERS.join(', ')}`);
      const { filter, limit } = readFilter(args, problems);
      const word = order?.replace('-', '_').toUpperCase();
      const detections = await findDetections(createGraphqlClient(args), filter, limit, word);
      print(args, detections, formatDetections);
    });

  addDetection(program);

  addFilter(addClientCommand(program, 'watch', 'Prints every alert as it is committed, until Ctrl-C')).action(
    async (args: ClientArguments & FilterArguments, command) => {
      const { filter } = readFilter(args, unknownArguments(command));
      await watchDetections(args, filter, {
        onWatching: () => process.stderr.write(`watching ${args.url}\n`),
        onAlert: (detection) => print(args, detection, formatAlert),
        onLost(error, retryMs) {
          process.stderr.write(`${error.code}: ${error.message}; again in ${(retryMs / 1000).toFixed(1)} s\n`);
        },
      });
    },
  );
}

function addDetection(program: Command): void {
  const group = program.command('detection').description('Shows one detection, and says what people make of it');
  addClientCommand(group, 'show <id>', 'Shows everything about it; what `detection ID` does', {
    isDefault: true,
  }).action(async (id: string, args: ClientArguments, command: Command) => {
    refuseProblems(command);
    const { detection } = await ask<DetectionAnswer>(createGraphqlClient(args), DETECTION, { id });
    if (!detection) throw new ConnscanError('BAD_USAGE', `id: there is no detection ${id}`);
    print(args, detection, formatDetection);
  });
  addTriageCommands(group);
}
