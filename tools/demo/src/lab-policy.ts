/** A lab has no health checkers to learn, so a scan is confirmed at once. */
export const LAB_POLICY = { models: { connscan_internal_internal: { confirmSeconds: 0, warmUpSeconds: 0 } } };
