import type { DetectionFilter } from '../store/find-detections.ts';
import type { TriageTypes } from './add-triage.ts';
import type { Builder } from './builder.ts';
import type { Enums } from './enums.ts';
import { readUuid } from './read-uuid.ts';
import { InvalidInput } from './user-error.ts';

export function addDetectionFilter(
  builder: Builder,
  { Severity, Confidence, DetectionState }: Enums,
  { TriageState }: TriageTypes,
) {
  return builder.inputType('DetectionFilter', {
    description: 'Which detections: those that match every field given.',
    fields: (t) => ({
      severity: t.field({ type: [Severity], description: 'Any of these severities.' }),
      confidence: t.field({ type: Confidence, description: 'This confidence.' }),
      state: t.field({ type: DetectionState, description: 'Open or closed.' }),
      source: t.field({ type: 'Address', description: 'By this source.' }),
      network: t.field({ type: 'Network', description: 'By a source in this network.' }),
      triage: t.field({
        type: [TriageState],
        description: 'Any of these states of triage. A live subscription takes every alert, as it does not know them.',
      }),
      target: t.field({
        type: 'Address',
        description:
          'That touched this host, by the sightings of the source during the detection. A live subscription has only the samples of the alert to tell by.',
      }),
      port: t.int({ description: 'That touched this port (of the target, if both are given), told as for target.' }),
      model: t.string({ description: 'By this detection model.' }),
      agentId: t.id({ description: 'Told by this agent.' }),
      since: t.field({ type: 'DateTime', description: 'Started at or after this time.' }),
      until: t.field({ type: 'DateTime', description: 'Started before this time.' }),
    }),
  });
}

type Input = Omit<DetectionFilter, 'open'> & { readonly state?: 'open' | 'closed' | null | undefined };

/** The filter of an argument; BAD_USER_INPUT for what its types let through. */
export function toDetectionFilter(input: Input | null | undefined): DetectionFilter {
  const { state, ...rest } = input ?? {};
  const agentId = rest.agentId == null ? undefined : readUuid('filter.agentId', rest.agentId);
  const filter = { ...rest, agentId };
  const { port } = filter;
  if (port != null && (port < 1 || port > 65535)) {
    throw new InvalidInput('filter.port', `must be from 1 to 65535, is ${port}`);
  }
  return state ? { ...filter, open: state === 'open' } : filter;
}
