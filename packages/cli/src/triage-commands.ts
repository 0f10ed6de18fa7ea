import type { Command } from 'commander';
import type { Triaged, TriagedAnswer } from './access-answers.ts';
import { ACKNOWLEDGE, COMMENT, RESOLVE } from './access-documents.ts';
import { addClientCommand, type ClientArguments, print, refuseProblems } from './client-command.ts';
import { change, createGraphqlClient } from './graphql-client.ts';

const VERDICTS = ['true-positive', 'benign', 'false-positive'];

type JudgeArguments = ClientArguments & { readonly comment?: string };
type ResolveArguments = JudgeArguments & { readonly verdict: string };
type CommentArguments = ClientArguments & { readonly text: string };

/** `detection ack|resolve|comment`, in the group `detection`. */
export function addTriageCommands(group: Command): void {
  addClientCommand(group, 'ack <ids...>', 'Says that somebody looks at detections')
    .option('--comment <text>', 'a comment on each')
    .action(async (ids: string[], args: JudgeArguments, command) => {
      refuseProblems(command);
      await judge(args, ACKNOWLEDGE, { ids, comment: args.comment });
    });

  addClientCommand(group, 'resolve <ids...>', 'Says what detections turned out to be')
    .requiredOption('--verdict <verdict>', VERDICTS.join(', '))
    .option('--comment <text>', 'a comment on each')
    .action(async (ids: string[], args: ResolveArguments, command) => {
      const { verdict, comment } = args;
      const problem = `--verdict: must be one of ${VERDICTS.join(', ')}, is ${JSON.stringify(verdict)}`;
      refuseProblems(command, VERDICTS.includes(verdict) ? [] : [problem]);
      await judge(args, RESOLVE, { ids, verdict: verdict.replace('-', '_').toUpperCase(), comment });
    });

  addClientCommand(group, 'comment <ids...>', 'Writes a comment on detections')
    .requiredOption('--text <text>', 'the comment')
    .action(async (ids: string[], args: CommentArguments, command) => {
      refuseProblems(command);
      await judge(args, COMMENT, { ids, text: args.text });
    });
}

async function judge(args: ClientArguments, document: string, variables: object): Promise<void> {
  const { result } = await change<TriagedAnswer>(createGraphqlClient(args), document, { ...variables });
  print(args, result.detections, formatTriaged);
}

function formatTriaged(detections: readonly Triaged[]): string {
  const lines = detections.map(({ id, source, triage }) => {
    const words = [triage?.state ?? 'NEW', triage?.verdict].filter((word) => word != null);
    return `${id} of ${source} is ${words.join(', ').replaceAll('_', ' ').toLowerCase()}\n`;
  });
  return lines.join('');
}
