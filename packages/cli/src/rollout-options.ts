import { readDuration } from './read-duration.ts';

/** Options of `policy rollout` as they are written. */
export type RolloutArguments = {
  readonly stage?: readonly string[];
  readonly soak?: string;
  readonly forecast?: string;
  readonly factor?: string;
  readonly reason?: string;
};

/** What the aggregator is asked for; what is left out it knows best. */
export type WantedRollout = {
  readonly stages?: readonly number[];
  readonly soakSeconds?: number;
  readonly forecastPerHour?: number;
  readonly factor?: number;
  readonly reason?: string;
};

const WEEK_SECONDS = 604_800;

/** Reads the options; problems, beginning with the option, go into `problems`. */
export function readRollout(args: RolloutArguments, problems: string[]): WantedRollout {
  const { stage, soak, forecast, factor, reason } = args;
  return {
    ...(stage && { stages: stage.map((text) => readShare(text, problems)) }),
    ...(soak !== undefined && { soakSeconds: readDuration('soak', soak, WEEK_SECONDS, problems) }),
    ...(forecast !== undefined && { forecastPerHour: readNumber('forecast', forecast, problems) }),
    ...(factor !== undefined && { factor: readNumber('factor', factor, problems) }),
    ...(reason !== undefined && { reason }),
  };
}

/** 0.05 or 5%. */
function readShare(text: string, problems: string[]): number {
  const [, digits, percent] = /^(\d{1,3}(?:\.\d{1,6})?)(%?)$/.exec(text) ?? [];
  const share = Number(digits) / (percent ? 100 : 1);
  if (share > 0 && share <= 1) return share;
  problems.push(`--stage: must be a share of the agents such as 0.05 or 5%, is ${JSON.stringify(text)}`);
  return 0;
}

function readNumber(option: string, text: string, problems: string[]): number {
  if (/^\d{1,7}(\.\d{1,6})?$/.test(text)) return Number(text);
  problems.push(`--${option}: must be a number such as 2 or 0.5, is ${JSON.stringify(text)}`);
  return 0;
}
