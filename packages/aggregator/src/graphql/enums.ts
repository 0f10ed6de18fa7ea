import { ALERT_TYPES, CONFIDENCES, END_REASONS, OUTCOMES, RULES, SEVERITIES } from '@connscan/model';
import type { Builder } from './builder.ts';

/** The closed lists of words of the model; in the API they are written in capitals. */
export function addEnums(builder: Builder) {
  return {
    Severity: builder.enumType('Severity', {
      description: 'How many distinct services a scan has reached, in three steps.',
      values: named(SEVERITIES, {
        low: 'At least the threshold `low`, 10 unless the policy says otherwise.',
        medium: 'At least the threshold `medium`, or fewer beside many failed ones.',
        high: 'At least the threshold `high`.',
      }),
    }),
    Confidence: builder.enumType('Confidence', {
      description: 'How sure it is that this is a scan.',
      values: named(CONFIDENCES, {
        tentative: 'The threshold was crossed, and little else is known yet.',
        confirmed: 'It went on, or failed connections stand beside it.',
      }),
    }),
    AlertType: builder.enumType('AlertType', {
      description: 'The place of an alert in its episode.',
      values: named(ALERT_TYPES, {
        start: 'The first alert.',
        ongoing: 'The scan goes on, or its severity rose.',
        end: 'The episode is over.',
      }),
    }),
    Rule: builder.enumType('Rule', {
      description: 'Why a detection fired.',
      values: named(RULES, {
        threshold: 'By distinct services alone.',
        corroborated: 'By fewer distinct services beside many refused or unanswered ones.',
        slow: 'By many services that were new to the source within a day, however few at a time.',
        cadence_broken:
          'By services that had passed for those of a health checker, until the beat stopped while it was on probation.',
      }),
    }),
    EndReason: builder.enumType('EndReason', {
      description: 'Why an episode is over.',
      values: named(END_REASONS, {
        quiet: 'The distinct count stayed below the lowest threshold for a rollup period.',
        evicted: 'The sensor needed the place of this source in its full table.',
        recognised_cadence: 'Its services turned out to be touched at a steady beat, as a health checker does.',
      }),
    }),
    Outcome: builder.enumType('Outcome', {
      description: 'How a connection ended.',
      values: named(OUTCOMES, {
        reset: 'Established; the originator said next to nothing and ended it by a reset.',
        empty_close: 'Established; the originator said next to nothing and ended it by FIN.',
        responder_reset: 'Established; the called side ended it.',
        refused: 'Not established: the target answered with a reset.',
        unanswered: 'Not established: the target did not answer, or the originator gave up first.',
      }),
    }),
    SensorSide: builder.enumType('SensorSide', {
      description: 'At which end of a scan a sensor is.',
      values: {
        SOURCE: { value: 'source', description: 'On the host that scans.' },
        TARGET: { value: 'target', description: 'On a host that is scanned.' },
      } as const,
    }),
    DetectionState: builder.enumType('DetectionState', {
      description: 'Whether the scan goes on.',
      values: {
        OPEN: { value: 'open', description: 'No end has been told.' },
        CLOSED: { value: 'closed', description: 'The episode is over.' },
      } as const,
    }),
  };
}

export type Enums = ReturnType<typeof addEnums>;

/** Words in capitals, each with its meaning. */
export function named<const Word extends string>(words: readonly Word[], descriptions: Record<Word, string>) {
  return Object.fromEntries(
    words.map((value) => [value.toUpperCase(), { value, description: descriptions[value] }]),
  ) as Record<Uppercase<Word>, { value: Word; description: string }>;
}
