/**
 * A detection model as data. `connscan_internal_internal` is MITRE ATT&CK T1046, Network Service Discovery: a source
 * inside the network that makes aborted successful connections to a threshold of different services.
 */
export type DetectionModel = {
  readonly name: string;
  readonly description: string;
  readonly categories: readonly string[];
  readonly trackBy: 'source';
  readonly techniques: readonly string[];
};

export const CONNSCAN_INTERNAL_INTERNAL: DetectionModel = {
  name: 'connscan_internal_internal',
  description:
    'A source inside the network makes aborted successful TCP connections to a threshold of different services within the rollup period.',
  categories: ['discovery'],
  trackBy: 'source',
  techniques: ['T1046'],
};
