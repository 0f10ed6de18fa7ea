/** Largest gRPC message either side takes, in bytes; a larger one ends its stream with RESOURCE_EXHAUSTED. */
export const MAX_MESSAGE_BYTES = 1 << 20;

/** Addresses of its host that an agent tells at most. */
export const MAX_ADDRESSES = 64;

/** Rows an agent puts into one batch at most: 200 rows of about 91 bytes were the fastest size measured. */
export const MAX_BATCH_ROWS = 200;
