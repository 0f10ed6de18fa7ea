import { type Colour, type Column, formatTable } from './format-table.ts';
import { PLAIN, type Screen } from './screen.ts';

export type Rollout = {
  readonly version: number;
  readonly name: string;
  readonly state: string;
  readonly note: string;
  /** Shares of the agents. */
  readonly stages: readonly number[];
  /** From 1; null before the first. */
  readonly stage: number | null;
  readonly stageSince: string;
  readonly forecastPerHour: number | null;
  /** Null where nothing is watched. */
  readonly detections: number | null;
  readonly allowed: number | null;
  readonly convergence: {
    readonly fitting: number;
    readonly inReach: number;
    readonly applied: number;
    readonly applying: number;
    readonly failed: number;
    readonly silent: number;
  };
};

const COLUMNS: readonly (string | Column)[] = [
  'VERSION',
  { head: 'NAME', narrow: 'cut' },
  { head: 'STATE', colourOf: stateColour },
  'STAGE',
  { head: 'SHARE', narrow: 'drop' },
  'APPLIED',
  'FAILED',
  { head: 'SILENT', narrow: 'drop' },
  { head: 'DETECTIONS', narrow: 'drop' },
  { head: 'SINCE', narrow: 'drop' },
  { head: 'NOTE', narrow: 'cut' },
];

/** A table of roll-outs, each with how far its agents have followed. */
export function formatRollouts(rollouts: readonly Rollout[], screen: Screen = PLAIN): string {
  if (rollouts.length === 0) return 'no roll-outs\n';
  return formatTable(COLUMNS, rollouts.map(cellsOf), screen);
}

function cellsOf(rollout: Rollout): readonly unknown[] {
  const { version, name, state, stages, stage, stageSince, note, detections, allowed } = rollout;
  const { inReach, applied, failed, silent } = rollout.convergence;
  const share = stage === null ? 0 : stages[stage - 1]!;
  const watched = detections === null ? '' : `${detections}, ${allowed} allowed`;
  return [
    ...[version, name, state, `${stage ?? 0} of ${stages.length}`, percentOf(share)],
    ...[`${applied} of ${inReach}`, failed, silent, watched, stageSince, note],
  ];
}

function percentOf(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

function stateColour(state: string): Colour | undefined {
  if (state === 'PAUSED') return 'red';
  if (state === 'DONE') return 'green';
  return state === 'ROLLED_BACK' ? 'gray' : undefined;
}
