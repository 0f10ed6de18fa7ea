export { ADDRESS_BYTES, canonicalAddress, formatAddress, parseAddress, writeAddress } from './address.ts';
export { type AddressSet, createAddressSet } from './address-set.ts';
export { boundedArray } from './bounded-array.ts';
export { type Cidr, parseCidr } from './cidr.ts';
export { ConnscanError } from './connscan-error.ts';
export { containsCidr } from './contains-cidr.ts';
export { type Detection, detectionSchema } from './detection.ts';
export {
  DETECTION_MODELS,
  type DetectionModel,
  MODEL_NAMES,
  type ModelName,
  modelNamed,
  type Side,
} from './detection-model.ts';
export {
  ALERT_TYPES,
  type AlertType,
  CONFIDENCES,
  type Confidence,
  END_REASONS,
  type EndReason,
  MAX_SAMPLES,
  RULES,
  type Rule,
} from './detection-words.ts';
export { ERROR_CODES, type ErrorCode } from './error-code.ts';
export { isIpv4, writeIpv4 } from './ipv4-words.ts';
export { enabledModels, type ModelPolicy, modelPolicy } from './model-policy.ts';
export { OUTCOMES, type Outcome, outcomeCode, outcomeOf } from './outcome.ts';
export {
  DEFAULT_POLICY,
  type Exception,
  type HabitRule,
  HIGHEST_LOW,
  HIGHEST_MEDIUM,
  MOST_SERVICES,
  type ModelSettings,
  type Override,
  type Policy,
  policySchema,
} from './policy.ts';
export { policyHash } from './policy-hash.ts';
export { problemsOf } from './problems.ts';
export {
  type Listener,
  listenerSchema,
  PROCESS_LIMITS,
  type Process,
  processSchema,
  type Snapshot,
  snapshotSchema,
} from './process.ts';
export { responseCommands } from './response-commands.ts';
export { SEVERITIES, type Severity } from './severity.ts';
export { addressSchema, portSchema, type Sighting, sightingSchema } from './sighting.ts';
export { LATEST_WALL_MS, wallMsSchema } from './wall-ms.ts';
