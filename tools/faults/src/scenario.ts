/** What became of the batches, or rows, that a scenario told of. */
export type Outcome = {
  /** Faults that happened: kills, failed calls, power cuts. */
  readonly points: number;
  /** Promised to be kept. */
  readonly acknowledged: number;
  readonly delivered: number;
  /** Promised, never delivered, and not given up by the rule for a full spool. 0. */
  readonly lost: number;
  /** Delivered under two numbers, or two under one number. 0. */
  readonly duplicated: number;
  /** Numbers neither delivered nor told as lost. 0. */
  readonly unexplainedGaps: number;
};

export type ScenarioOptions = {
  /** Few points, in a few seconds. */
  readonly quick: boolean;
  /** Whole numbers from 0 up to, not including, its argument; seeded. */
  readonly random: (below: number) => number;
  readonly say: (text: string) => void;
};

export type Scenario = {
  readonly name: string;
  /** Throws where the machine cannot play it, and if the parts do not come back to normal. Leaves nothing behind. */
  run(options: ScenarioOptions): Promise<Outcome>;
};
