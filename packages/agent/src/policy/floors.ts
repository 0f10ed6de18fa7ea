import {
  containsCidr,
  HIGHEST_LOW,
  HIGHEST_MEDIUM,
  MODEL_NAMES,
  type ModelName,
  type ModelSettings,
  type Override,
  type Policy,
  parseCidr,
} from '@connscan/model';
import { keepNarrow } from './keep-narrow.ts';

/** A policy that this agent takes, and what it changed for that: each note names the setting. */
export type Floored = { readonly policy: Policy; readonly notes: readonly string[] };

/**
 * What no aggregator can take from an agent, whoever holds the aggregator: a source inside the private ranges that resets its
 * silent connections to 64 services inside them within a minute is detected, and confirmed within five minutes, once the
 * hour after a cold start is over. Every bound is far beyond what tuning asks for, and leaves the defaults (in brackets) alone.
 * docs/policy.md has the same rows, and what they leave open. The config file of the host is not bounded: who writes it may
 * as well stop the agent.
 */
export const MODEL_FLOORS: readonly {
  readonly setting: string;
  readonly bound: string;
  readonly why: string;
  /** The settings within the bound; the same object if they are. */
  readonly apply: (settings: ModelSettings) => ModelSettings;
  readonly read: (settings: ModelSettings) => number;
}[] = [
  {
    setting: 'thresholds.low',
    bound: `≤ ${HIGHEST_LOW}`,
    why: 'a sweep of a quarter of a /24 is found [10]',
    apply: (settings) => withThresholds(settings, { low: HIGHEST_LOW }),
    read: ({ thresholds }) => thresholds.low,
  },
  {
    setting: 'thresholds.medium',
    bound: `≤ ${HIGHEST_MEDIUM}`,
    why: 'a sweep of a whole /24 is more than low [25]',
    apply: (settings) => withThresholds(settings, { medium: HIGHEST_MEDIUM }),
    read: ({ thresholds }) => thresholds.medium,
  },
  {
    setting: 'rollupPeriodSeconds',
    bound: '≥ 60',
    why: 'a scanner slower than the window is seen by the slow rule alone [300]',
    apply: (settings) => ({ ...settings, rollupPeriodSeconds: Math.max(60, settings.rollupPeriodSeconds) }),
    read: ({ rollupPeriodSeconds }) => rollupPeriodSeconds,
  },
  {
    setting: 'confirmSeconds',
    bound: '≤ 300',
    why: 'a scan that is never confirmed alarms nobody [30]',
    apply: (settings) => ({ ...settings, confirmSeconds: Math.min(300, settings.confirmSeconds) }),
    read: ({ confirmSeconds }) => confirmSeconds,
  },
  {
    setting: 'warmUpSeconds',
    bound: '≤ 3600',
    why: 'nothing but failures confirms during warm-up, which may be a day [900]',
    apply: (settings) => ({ ...settings, warmUpSeconds: Math.min(3600, settings.warmUpSeconds) }),
    read: ({ warmUpSeconds }) => warmUpSeconds,
  },
  {
    setting: 'slow.services',
    bound: '≤ 256',
    why: 'a scanner of one service a minute is found within the longest period [30]',
    apply: (settings) => ({ ...settings, slow: { ...settings.slow, services: Math.min(256, settings.slow.services) } }),
    read: ({ slow }) => slow.services,
  },
  {
    setting: 'cadence.probationSeconds',
    bound: '≥ 600',
    why: 'without probation a scanner hides behind a beat that it stops at once [3600]',
    apply: (settings) => {
      const { cadence } = settings;
      return { ...settings, cadence: { ...cadence, probationSeconds: Math.max(600, cadence.probationSeconds) } };
    },
    read: ({ cadence }) => cadence.probationSeconds,
  },
];

/** A connection that a scanner holds open for so long, in seconds, is a probe still. */
const SHORTEST_LIFETIME_SECONDS = 10;

/** RFC 1918 and RFC 4193. Half of them would do to hide the other half, so all are inside. */
const PRIVATE_CIDRS = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

const MAX_CIDRS = 1024;

/** The model that is always at work. */
const INSIDE: ModelName = 'connscan_internal_internal';

/** The policy within the floors of this agent. */
export function applyFloors(asked: Policy): Floored {
  const notes: string[] = [];
  const models = { ...asked.models };
  for (const name of MODEL_NAMES) models[name] = floorModel(name, models[name], notes);
  if (!models[INSIDE].enabled) {
    models[INSIDE] = { ...models[INSIDE], enabled: true };
    notes.push(`models.${INSIDE}.enabled: false is not taken: scans inside the network are always looked for`);
  }
  const { maxLifetimeSeconds } = asked;
  if (maxLifetimeSeconds < SHORTEST_LIFETIME_SECONDS) {
    notes.push(
      `maxLifetimeSeconds: ${maxLifetimeSeconds} became ${SHORTEST_LIFETIME_SECONDS}: a scanner may hold a connection`,
    );
  }
  const policy: Policy = {
    ...asked,
    models,
    internalCidrs: withPrivate(asked.internalCidrs, notes),
    maxLifetimeSeconds: Math.max(SHORTEST_LIFETIME_SECONDS, maxLifetimeSeconds),
    exceptions: keepNarrow(asked.exceptions, notes),
  };
  return { policy, notes };
}

function floorModel<Settings extends ModelSettings>(name: ModelName, asked: Settings, notes: string[]): Settings {
  let settings = asked;
  for (const { setting, bound, why, apply, read } of MODEL_FLOORS) {
    const floored = apply(settings);
    if (read(floored) === read(settings)) continue;
    notes.push(`models.${name}.${setting}: ${read(settings)} became ${read(floored)} (${bound}): ${why}`);
    settings = { ...settings, ...floored };
  }
  const overrides = settings.overrides.map((override) => floorOverride(name, settings, override, notes));
  return { ...settings, overrides };
}

/** An override is bounded as what it takes the place of, which is within the bounds already. */
function floorOverride(model: ModelName, settings: ModelSettings, asked: Override, notes: string[]): Override {
  let override = asked;
  for (const { setting, bound, why, apply, read } of MODEL_FLOORS) {
    const { thresholds = settings.thresholds, slow } = override;
    const whole = { ...settings, thresholds, slow: { ...settings.slow, ...slow } };
    const floored = apply(whole);
    if (read(floored) === read(whole)) continue;
    const place = `models.${model}.overrides, ${asked.name}: ${setting}`;
    notes.push(`${place}: ${read(whole)} became ${read(floored)} (${bound}): ${why}`);
    override = {
      ...override,
      ...(override.thresholds && { thresholds: floored.thresholds }),
      ...(slow && { slow: { services: floored.slow.services } }),
    };
  }
  return override;
}

/** Thresholds must rise, so what is above one that is lowered stays, and what is below it is lowered with it. */
function withThresholds(settings: ModelSettings, { low = 1024, medium = 1024 }): ModelSettings {
  const { thresholds } = settings;
  const lowered = { ...thresholds, medium: Math.min(thresholds.medium, medium) };
  return { ...settings, thresholds: { ...lowered, low: Math.min(lowered.low, lowered.medium, low) } };
}

function withPrivate(cidrs: readonly string[], notes: string[]): string[] {
  const missing = PRIVATE_CIDRS.filter(
    (range) => !cidrs.some((cidr) => containsCidr(parseCidr(cidr)!, parseCidr(range)!)),
  );
  if (missing.length === 0) return [...cidrs];
  notes.push(`internalCidrs: ${missing.join(', ')} added: private ranges are inside`);
  const kept = cidrs.slice(0, MAX_CIDRS - missing.length);
  if (kept.length < cidrs.length) {
    notes.push(`internalCidrs: ${cidrs.length - kept.length} left out at the end, as ${MAX_CIDRS} are the most`);
  }
  return [...kept, ...missing];
}
