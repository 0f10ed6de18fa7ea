import type { Outcome } from './outcome.ts';

/** Inside or outside of the network, as the policy's `internalCidrs` say. */
export type Side = 'internal' | 'external';

/**
 * A detection model as data: the detector reads an entry of this table and knows none by name. Its settings, with which
 * it is tuned, are in the policy under its name.
 */
export type DetectionModel = {
  readonly name: ModelName;
  readonly description: string;
  readonly categories: readonly string[];
  /** Where the originator and the responder of a connection must be for it to count. */
  readonly from: Side;
  readonly to: Side;
  readonly trackBy: 'source';
  /** Outcomes that make a connection an aborted successful one. */
  readonly counted: readonly Outcome[];
  /** Outcomes that corroborate. */
  readonly failed: readonly Outcome[];
  /** MITRE ATT&CK. */
  readonly techniques: readonly string[];
};

export const MODEL_NAMES = [
  'connscan_internal_internal',
  'connscan_internal_external',
  'connscan_external_internal',
] as const;

export type ModelName = (typeof MODEL_NAMES)[number];

const CONNSCAN = {
  categories: ['discovery'],
  trackBy: 'source',
  counted: ['reset', 'empty_close'],
  failed: ['refused', 'unanswered'],
} as const;

/** Every model there is. T1046 is Network Service Discovery, T1595 Active Scanning. */
export const DETECTION_MODELS: readonly DetectionModel[] = [
  {
    ...CONNSCAN,
    name: 'connscan_internal_internal',
    description:
      'A source inside the network makes aborted successful TCP connections to a threshold of different services inside it within the rollup period.',
    from: 'internal',
    to: 'internal',
    techniques: ['T1046'],
  },
  {
    ...CONNSCAN,
    name: 'connscan_internal_external',
    description:
      'A source inside the network makes aborted successful TCP connections to a threshold of different services outside of it within the rollup period.',
    from: 'internal',
    to: 'external',
    techniques: ['T1046'],
  },
  {
    ...CONNSCAN,
    name: 'connscan_external_internal',
    description:
      'A source outside of the network makes aborted successful TCP connections to a threshold of different services inside it within the rollup period.',
    from: 'external',
    to: 'internal',
    techniques: ['T1595'],
  },
];

/** The entry of a name. */
export function modelNamed(name: ModelName): DetectionModel {
  return DETECTION_MODELS.find((model) => model.name === name)!;
}
