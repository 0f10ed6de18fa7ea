/** Every error code of the project, with the exit code of a command that ends by it. The texts are docs/errors.md. */
export const ERROR_CODES = {
  /** Wrong option, argument or config; every problem is listed. */
  BAD_USAGE: 2,
  /** The machine cannot do it: kernel, BTF, capabilities. */
  UNSUPPORTED_MACHINE: 3,
  /** The data directory cannot be made, read or written. */
  DATA_DIRECTORY_UNUSABLE: 1,
  /** Another process works in the data directory. */
  DATA_DIRECTORY_IN_USE: 1,
  /** Another agent watches the same network namespaces. */
  SCOPE_IN_USE: 1,
  /** The address to listen on is taken or not ours. */
  ADDRESS_UNUSABLE: 1,
  /** The probe was refused by the kernel. */
  PROBE_REFUSED: 3,
  /** A payload is damaged, of an unknown version, or breaks the schema. */
  BAD_PAYLOAD: 1,
  /** A file of `backup` is damaged, or is none. */
  BAD_ARCHIVE: 1,
  /** The store refused to open, or its schema is newer than this program. */
  STORE_UNUSABLE: 1,
  /** A file with a key or a certificate is damaged, does not belong together, or is open to others. */
  IDENTITY_UNUSABLE: 1,
  /** The aggregator refused to enroll this agent, or is not the one that the token names. */
  ENROLLMENT_REFUSED: 1,
  /** No agent answers on the socket of the data directory. */
  AGENT_UNREACHABLE: 1,
  /** The aggregator does not know the token, or its role may not do this. */
  ACCESS_REFUSED: 1,
  /** The aggregator did not answer. */
  AGGREGATOR_UNREACHABLE: 1,
  /** A what-if came to no result. */
  WHAT_IF_FAILED: 1,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
