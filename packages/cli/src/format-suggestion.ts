import { type Column, formatTable } from './format-table.ts';
import { printableText } from './printable-text.ts';
import type { Screen } from './screen.ts';
import type { SuggestedWhatIf, Suggestion } from './tuning-answers.ts';

const HOUR_SECONDS = 3600;
const DAY_SECONDS = 24 * HOUR_SECONDS;

const COLUMNS: readonly (string | Column)[] = [
  { head: 'MODEL', narrow: 'cut' },
  'THRESHOLDS',
  'LOW',
  'MEDIUM',
  'HIGH',
  'A WEEK',
];

/** The thresholds in force and those suggested, what each has a week, and the document to set. */
export function formatSuggestion({ since, until, labels, result }: SuggestedWhatIf, screen: Screen): string {
  const { suggestion, sightings, evicted, gainedTotal, lostTotal, changedSources } = result;
  const whose = labels.map(({ name, value }) => `${name}=${value}`).join(' ') || 'all agents';
  const rows = suggestion.models.flatMap(({ model, present, suggested, presentPerWeek, suggestedPerWeek }) => [
    [model, 'in force', present.low, present.medium, present.high, number(presentPerWeek)],
    [model, 'suggested', suggested.low, suggested.medium, suggested.high, number(suggestedPerWeek)],
  ]);
  return [
    `${sightings} sightings of ${whose}, from ${since} to ${until}: a history of ${spanOf(suggestion)}\n`,
    evicted === 0 ? '' : `${evicted} had no place in full tables: there may be more detections than these\n`,
    `\n${formatTable(COLUMNS, rows, screen)}`,
    ...suggestion.models.map((model) => formatShortfall(model, suggestion)),
    `\n${gainedTotal} detections are gained and ${lostTotal} are lost; ${changedSources} sources change\n`,
    `\nThe document for \`policy set\`\n${suggestion.document.split('\n').map(printableText).join('\n')}`,
  ].join('');
}

function formatShortfall(model: Suggestion['models'][number], { detectionsPerWeek }: Suggestion): string {
  if (model.reached) return '';
  const { otherRulesPerWeek, suggested } = model;
  return [
    `${model.model}: more than ${detectionsPerWeek} a week even with ${suggested.low}, the most that agents take for low.`,
    ` ${number(otherRulesPerWeek)} are slow or corroborated scans, which thresholds do not change.\n`,
  ].join('');
}

function spanOf({ historySeconds: seconds }: Suggestion): string {
  return seconds < 2 * DAY_SECONDS ? `${number(seconds / HOUR_SECONDS)} h` : `${number(seconds / DAY_SECONDS)} days`;
}

/** With one digit behind the point, if it is not 0. */
function number(value: number): string {
  return `${Number(value.toFixed(1))}`;
}
