/**
 * What a line or record was found to be: 0 is a connection for the detector, a positive number stands for why it is not
 * one, a negative number for what is wrong with it. Numbers, because there is one for each of millions of lines.
 */
export type Verdict = number;

export const CONNECTION: Verdict = 0;

/** What is left out, in the order of its verdicts, with the words of the summary. */
const SKIPPED = [
  ['HEADER', 'header'],
  ['NOT_TCP', 'not TCP'],
  ['NOT_ENDED', 'not seen to end'],
  ['TALKED', 'with data'],
  ['LONG_LIVED', 'long-lived'],
  ['OUTSIDE', 'outside the sides of all models at work'],
  ['ROLE_UNKNOWN', 'without a known originator'],
] as const;

/** What is wrong, in the order of its verdicts, from -1 down. */
const PROBLEMS = [
  ['TOO_LONG', 'longer than any line of a conn.log'],
  ['NO_FIELDS', 'no #fields line with the fields of a conn.log before it'],
  ['TOO_SHORT', 'fewer columns than #fields has'],
  ['CUT_SHORT', 'the file ends within this record'],
  ['BAD_TIME', 'ts: is no time'],
  ['BAD_SOURCE', 'id.orig_h: is no address'],
  ['BAD_DESTINATION', 'id.resp_h: is no address'],
  ['BAD_PORT', 'id.resp_p: is no port'],
  ['BAD_DURATION', 'duration: is no number of seconds'],
  ['BAD_BYTES', 'orig_bytes: is no number of bytes'],
  ['BAD_STATE', 'conn_state: is none of Zeek'],
  ['BAD_JSON', 'is no JSON object of a conn.log'],
  ['BAD_SEPARATOR', '#separator before it is no single byte'],
  ['BAD_RECORD', 'is no record of the probe'],
] as const;

export const SKIP = numbered(SKIPPED, 1);
export const PROBLEM = numbered(PROBLEMS, -1);
export const SKIP_REASONS: readonly string[] = SKIPPED.map(([, text]) => text);

/** The words of a problem. */
export function problemText(verdict: Verdict): string {
  return PROBLEMS[-1 - verdict]![1];
}

type Row = readonly [name: string, text: string];

function numbered<const Rows extends readonly Row[]>(rows: Rows, sign: 1 | -1): Record<Rows[number][0], Verdict> {
  return Object.fromEntries(rows.map(([name], index) => [name, sign * (index + 1)])) as Record<
    Rows[number][0],
    Verdict
  >;
}
