import { severityColour, sourceOf } from './format-detections.ts';
import { type Column, formatTable } from './format-table.ts';
import { printableText } from './printable-text.ts';
import type { Screen } from './screen.ts';
import type { PolicyChange, WhatIf, WhatIfDetection, WhatIfModel, WhatIfSource } from './tuning-answers.ts';

/** Rows of each list; --json has more of them. */
const ROWS = 20;

/** Characters of the longest bar of a curve. */
const BAR = 30;

/** What a policy would change: totals, the curve of each model, and what is gained and lost, by source and one by one. */
export function formatWhatIf({ since, until, labels, changes, result }: WhatIf, screen: Screen): string {
  const { sightings, evicted, models, gainedTotal, lostTotal, changedSources } = result;
  const whose = labels.map(({ name, value }) => `${name}=${value}`).join(' ') || 'all agents';
  const loss = `${evicted} had no place in full tables: there may be more detections than these\n`;
  return [
    `${sightings} sightings of ${whose}, from ${since} to ${until}\n`,
    evicted === 0 ? '' : loss,
    formatChanges(changes),
    formatTotals(models, screen),
    `\n${gainedTotal} detections are gained and ${lostTotal} are lost; ${changedSources} sources change\n`,
    ...models.map((model) => formatCurve(model, screen)),
    formatSources(result.sources, changedSources, screen),
    formatFound('Gained', result.gained, gainedTotal, screen),
    formatFound('Lost', result.lost, lostTotal, screen),
  ].join('');
}

/** In what the candidate differs, a line each. */
function formatChanges(changes: readonly PolicyChange[]): string {
  if (changes.length === 0) return 'the candidate says what is in force\n';
  const lines = changes.map(({ path, before, after, weakens }) => {
    const loss = weakens ? ', by which the fleet sees less' : '';
    return `  ${printableText(`${path}: ${before ?? 'nothing'} → ${after ?? 'nothing'}${loss}`)}\n`;
  });
  return lines.join('');
}

function formatTotals(models: readonly WhatIfModel[], screen: Screen): string {
  const columns = [
    { head: 'MODEL', narrow: 'cut' } as const,
    'POLICY',
    'LOW FROM',
    'DETECTIONS',
    'LOW',
    'MEDIUM',
    'HIGH',
  ];
  const rows = models.flatMap(({ model, present, candidate, presentLow, candidateLow }) => [
    [model, 'in force', presentLow ?? 'off', present.total, present.low, present.medium, present.high],
    [model, 'candidate', candidateLow ?? 'off', candidate.total, candidate.low, candidate.medium, candidate.high],
  ]);
  return `\n${formatTable(columns, rows, screen)}`;
}

function formatCurve({ model, curve, presentLow, candidateLow }: WhatIfModel, screen: Screen): string {
  if (curve.length === 0) return '';
  const most = Math.max(1, ...curve.map(({ detections }) => detections.total));
  const columns: (string | Column)[] = ['LOW FROM', 'DETECTIONS', 'CONFIRMED', { head: '', narrow: 'cut' }, ''];
  const rows = curve.map(({ low, confirmed, detections: { total } }) => {
    const marks = [low === presentLow && 'in force', low === candidateLow && 'candidate'].filter(Boolean);
    return [low, total, confirmed, marks.join(', '), '█'.repeat(Math.ceil((total / most) * BAR))];
  });
  return `\nDetections of ${model} by the candidate's threshold\n${formatTable(columns, rows, screen)}`;
}

function formatSources(sources: readonly WhatIfSource[], total: number, screen: Screen): string {
  if (total === 0) return '';
  const columns: (string | Column)[] = [
    ...['SOURCE', { head: 'MODEL', narrow: 'drop' } as const],
    ...['IN FORCE', 'CANDIDATE', 'GAINED', 'LOST', 'RAISED', 'LOWERED'],
  ];
  const rows = sources.slice(0, ROWS).map((source) => {
    const { model, present, candidate, gained, lost, raised, lowered } = source;
    return [sourceOf(source), model, present, candidate, gained, lost, raised, lowered];
  });
  return `\nSources that change${more(rows.length, total)}\n${formatTable(columns, rows, screen)}`;
}

function formatFound(title: string, found: readonly WhatIfDetection[], total: number, screen: Screen): string {
  if (total === 0) return '';
  const columns: (string | Column)[] = [
    ...['STARTED', 'SOURCE', { head: 'SEVERITY', colourOf: severityColour }],
    ...[{ head: 'CONFIDENCE', narrow: 'drop' } as const, { head: 'RULE', narrow: 'drop' } as const],
    ...['SERVICES', 'HOSTS', { head: 'MODEL', narrow: 'drop' } as const],
  ];
  const rows = found.slice(0, ROWS).map((detection) => {
    const { startedAt, severity, confidence, rule, distinctServices, distinctHosts, model } = detection;
    return [startedAt, sourceOf(detection), severity, confidence, rule, distinctServices, distinctHosts, model];
  });
  return `\n${title}${more(rows.length, total)}\n${formatTable(columns, rows, screen)}`;
}

function more(shown: number, total: number): string {
  return shown < total ? `, ${shown} of ${total}` : '';
}
