/** The words of a detection. They stand beside its schema, so that who only writes detections loads no validator. */

export const ALERT_TYPES = ['start', 'ongoing', 'end'] as const;
export type AlertType = (typeof ALERT_TYPES)[number];

export const CONFIDENCES = ['tentative', 'confirmed'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

/**
 * `threshold`: distinct services alone; `corroborated`: fewer of them, beside many refused or unanswered ones; `slow`: many
 * new services within the longer period; `cadence_broken`: services that passed for a health checker's, until its beat stopped.
 */
export const RULES = ['threshold', 'corroborated', 'slow', 'cadence_broken'] as const;
export type Rule = (typeof RULES)[number];

/**
 * `quiet`: the count stayed under low for a rollup period; `evicted`: its source lost its place in a full table;
 * `recognised_cadence`: its services turned out to be touched at a steady beat, as a health checker does.
 */
export const END_REASONS = ['quiet', 'evicted', 'recognised_cadence'] as const;
export type EndReason = (typeof END_REASONS)[number];

/** Sample services and top ports that a detection carries at most. */
export const MAX_SAMPLES = 20;
