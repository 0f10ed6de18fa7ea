import { type ModelPolicy, modelPolicy, policySchema } from '@connscan/model';

const MODEL = 'connscan_internal_internal';

/** The policy of the one model, from what differs from the default: its settings, and the rules beside them. */
export function policyOf(settings: object, rules: object = {}): ModelPolicy {
  return modelPolicy(policySchema.parse({ models: { [MODEL]: settings }, ...rules }), MODEL);
}

/** The policy of a new agent. */
export const DEFAULT_MODEL_POLICY = policyOf({});

/** The default, but for streams that go round and round: no service is habitual. */
export const NO_CADENCE_POLICY = policyOf({ cadence: { enabled: false } });

const SMALL = {
  rollupPeriodSeconds: 15,
  updateIntervalSeconds: 20,
  thresholds: { low: 4, medium: 6, high: 9 },
  corroborated: { abortedServices: 2, failedServices: 4 },
  slow: { services: 20, periodSeconds: 3600 },
  confirmSeconds: 5,
  warmUpSeconds: 0,
  cadence: { probationSeconds: 60, forgetSeconds: 86_400 },
};

/** Small limits, so that short random sequences reach every rule and every edge. */
export const SMALL_POLICY = policyOf(SMALL);

/** Small limits in other proportions, each for rules that the first one hides. */
export const POLICIES: readonly ModelPolicy[] = [
  SMALL_POLICY,
  policyOf({
    ...SMALL,
    thresholds: { low: 7, medium: 9, high: 12 },
    corroborated: { abortedServices: 4, failedServices: 9 },
    slow: { services: 8, periodSeconds: 3600 },
    updateIntervalSeconds: 60,
    cadence: { probationSeconds: 900 },
  }),
  policyOf({
    ...SMALL,
    overrides: [
      { name: 'noisy', sources: ['10.0.0.0/24', 'fd00:0:0:2::/64'], thresholds: { low: 8, medium: 8, high: 10 } },
      {
        name: 'precious',
        sources: ['10.0.0.2/32', 'fd00::/48'],
        corroborated: { abortedServices: 1, failedServices: 2 },
      },
      { name: 'quiet', sources: ['fd00:0:0:1::/64', '192.168.0.0/16'], slow: { services: 6 } },
    ],
  }),
  policyOf({ ...SMALL, warmUpSeconds: 90, confirmSeconds: 2, cadence: { probationSeconds: 0, forgetSeconds: 86_400 } }),
  policyOf({ ...SMALL, countEmptyClose: false, confirmSeconds: 0, cadence: { enabled: false } }),
  policyOf(
    { ...SMALL, thresholds: { low: 3, medium: 3, high: 3 }, slow: { services: 1024, periodSeconds: 3600 } },
    {
      exceptions: [
        {
          name: 'a scanner of ours',
          sources: ['10.0.0.2/32', 'fd00:0:0:1::/64'],
          targets: ['10.1.0.0/30', 'fd00::/16'],
        },
        { name: 'for five minutes', ports: [22, 443], expiresAt: '2026-01-01T00:05:00Z' },
        { name: 'by process', processes: ['prober'] },
      ],
      habits: [
        { source: '10.0.0.100', destination: '10.1.0.2', port: 443, decision: 'revoked' },
        { source: '10.0.0.100', destination: '10.1.0.3', port: 443, decision: 'pinned' },
        { source: '10.0.0.1', destination: '10.1.0.1', port: 32768, decision: 'pinned' },
        { source: 'fd00::1', destination: 'fd00::99', port: 1, decision: 'pinned' },
      ],
    },
  ),
];

/** The wall clock where a sequence begins; the second exception expires five minutes later. */
export const WALL_START_MS = Date.parse('2026-01-01T00:00:00Z');

/** Serial 1 is a process that the third exception names. */
export const isProcess = (serial: number, names: readonly string[]) => serial === 1 && names.includes('prober');
