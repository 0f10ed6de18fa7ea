import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, outcomeOf } from '@connscan/model';
import { createConnection } from './connection.ts';
import { CONNECTION, PROBLEM, SKIP, type Verdict } from './verdict.ts';
import { createZeekReader, type ZeekReader } from './zeek-reader.ts';

const NAMES = {
  ts: '1700000000.250000',
  uid: 'CHhAvVGS1DHFjwGM9',
  'id.orig_h': '10.0.0.1',
  'id.orig_p': '40000',
  'id.resp_h': '10.0.0.2',
  'id.resp_p': '443',
  proto: 'tcp',
  duration: '0.500000',
  orig_bytes: '0',
  conn_state: 'RSTO',
  history: 'ShAR',
};

type Fields = Partial<typeof NAMES>;

function open() {
  const connection = createConnection();
  const reader = createZeekReader(connection, { maxOriginatorBytes: 16, maxLifetimeMs: 60_000 });
  return { connection, reader };
}

function read(reader: ZeekReader, line: string): Verdict {
  const bytes = Buffer.from(`before${line}behind`, 'latin1');
  return reader.read(bytes, 6, bytes.length - 6);
}

/** What a log of one line says, its columns in this order. */
function readTsv(fields: Fields, names: readonly string[] = Object.keys(NAMES)) {
  const { connection, reader } = open();
  const all: Record<string, string> = { ...NAMES, ...fields };
  read(reader, '#separator \\x09');
  read(reader, `#fields\t${names.join('\t')}`);
  const verdict = read(reader, names.map((name) => all[name] ?? '-').join('\t'));
  return { verdict, told: verdict === CONNECTION ? tell(connection) : undefined };
}

function readJson(record: object) {
  const { connection, reader } = open();
  const verdict = read(reader, JSON.stringify(record));
  return { verdict, told: verdict === CONNECTION ? tell(connection) : undefined };
}

function tell({ words, port, outcome, endedMs }: ReturnType<typeof createConnection>) {
  const bytes = new Uint8Array(words.buffer);
  return [formatAddress(bytes.slice(0, 16)), formatAddress(bytes.slice(16)), port, outcomeOf(outcome), endedMs];
}

const TOLD = ['10.0.0.1', '10.0.0.2', 443, 'reset', 1_700_000_000_750];

test('a connection is read at the time of its end, whatever the order of the columns and whichever others there are', () => {
  const names = Object.keys(NAMES);
  const reversed = names.toReversed();
  const others = ['a', ...names.slice(0, 4), 'b', ...names.slice(4), 'tunnel_parents'];
  for (const order of [names, reversed, others]) assert.deepEqual(readTsv({}, order).told, TOLD);
});

test('the state names the outcome, and the history where it knows better', () => {
  const cases: readonly (readonly [state: string, history: string, outcome: string | Verdict])[] = [
    ['RSTO', 'ShAR', 'reset'],
    ['RSTO', '-', 'reset'],
    ['SF', 'ShAFf', 'empty_close'],
    ['SF', '-', 'empty_close'],
    ['SF', 'ShAfF', 'empty_close'],
    ['S2', 'ShAF', 'empty_close'],
    ['RSTO', 'ShAFR', 'empty_close'],
    ['RSTO', 'ShAfR', 'reset'],
    ['RSTR', 'ShAr', 'responder_reset'],
    ['RSTR', '-', 'responder_reset'],
    ['RSTR', 'ShAFr', 'empty_close'],
    ['REJ', 'Sr', 'refused'],
    ['REJ', '-', 'refused'],
    ['REJ', 'ShArR', 'responder_reset'],
    ['S0', 'S', 'unanswered'],
    ['SH', 'SF', 'unanswered'],
    ['RSTOS0', 'SR', 'unanswered'],
    // A half-open scan: the originator never acknowledged.
    ['RSTO', 'ShR', 'unanswered'],
    ['S1', 'ShA', SKIP.NOT_ENDED],
    ['S3', 'ShAf', SKIP.NOT_ENDED],
    ['OTH', 'Cc', SKIP.NOT_ENDED],
    ['RSTRH', '^hr', SKIP.NOT_ENDED],
    ['SHR', '^hf', SKIP.NOT_ENDED],
    ['XX', 'S', PROBLEM.BAD_STATE],
    ['RST', 'S', PROBLEM.BAD_STATE],
    ['-', 'S', PROBLEM.BAD_STATE],
  ];
  for (const [conn_state, history, expected] of cases) {
    const { verdict, told } = readTsv({ conn_state, history });
    assert.equal(told ? told[3] : verdict, expected, `${conn_state} ${history}`);
  }
});

test('what said more, lived longer or is not TCP is left out; attempts have no such limits', () => {
  assert.equal(readTsv({ orig_bytes: '16' }).verdict, CONNECTION);
  assert.equal(readTsv({ orig_bytes: '17' }).verdict, SKIP.TALKED);
  assert.equal(readTsv({ duration: '60.000000' }).verdict, CONNECTION);
  assert.equal(readTsv({ duration: '60.001000' }).verdict, SKIP.LONG_LIVED);
  assert.equal(readTsv({ proto: 'udp' }).verdict, SKIP.NOT_TCP);
  assert.equal(readTsv({ conn_state: 'S0', history: 'S', duration: '90.0', orig_bytes: '99' }).verdict, CONNECTION);
});

test('unset fields are those of a connection whose packets have all one time', () => {
  assert.deepEqual(readTsv({ duration: '-', orig_bytes: '-' }).told?.[4], 1_700_000_000_250);
});

test('a header may name another separator and another mark for unset, and may come again', () => {
  const { connection, reader } = open();
  const names = Object.keys(NAMES).filter((name) => name !== 'history');
  read(reader, '#separator \\x2c');
  read(reader, '#unset_field,(none)');
  read(reader, `#fields,${names.join(',')}`);
  const values = Object.entries(NAMES).filter(([name]) => name !== 'history');
  const line = values.map(([name, value]) => (name === 'duration' ? '(none)' : value)).join(',');
  assert.equal(read(reader, line), CONNECTION);
  assert.equal(connection.endedMs, 1_700_000_000_250);
  read(reader, '#separator \\x09');
  assert.equal(read(reader, line), PROBLEM.NO_FIELDS);
});

test('every malformed line is told with what is wrong', () => {
  const cases: readonly (readonly [Fields, Verdict])[] = [
    [{ ts: '17x' }, PROBLEM.BAD_TIME],
    [{ ts: '-' }, PROBLEM.BAD_TIME],
    [{ ts: '-1.0' }, PROBLEM.BAD_TIME],
    [{ ts: '9999999999999' }, PROBLEM.BAD_TIME],
    [{ ts: '.' }, PROBLEM.BAD_TIME],
    [{ 'id.orig_h': '10.0.0' }, PROBLEM.BAD_SOURCE],
    [{ 'id.resp_h': '10.0.0.256' }, PROBLEM.BAD_DESTINATION],
    [{ 'id.resp_p': '0' }, PROBLEM.BAD_PORT],
    [{ 'id.resp_p': '65536' }, PROBLEM.BAD_PORT],
    [{ 'id.resp_p': '' }, PROBLEM.BAD_PORT],
    [{ duration: '1e999' }, PROBLEM.BAD_DURATION],
    [{ duration: '1.2.3' }, PROBLEM.BAD_DURATION],
    [{ orig_bytes: '1e3' }, PROBLEM.BAD_BYTES],
    [{ orig_bytes: '99999999999999999999' }, PROBLEM.BAD_BYTES],
  ];
  for (const [fields, expected] of cases) assert.equal(readTsv(fields).verdict, expected, JSON.stringify(fields));
});

test('lines before a header, under an unfit one, or with too few columns are malformed', () => {
  const line = Object.values(NAMES).join('\t');
  const after = (...lines: readonly string[]) => {
    const { reader } = open();
    for (const header of lines) read(reader, header);
    return read(reader, line);
  };
  const fields = `#fields\t${Object.keys(NAMES).join('\t')}`;
  assert.equal(after(), PROBLEM.NO_FIELDS);
  assert.equal(after('#fields\tts\tuid'), PROBLEM.NO_FIELDS);
  assert.equal(after(`#fields\t${'x\t'.repeat(300)}${Object.keys(NAMES).join('\t')}`), PROBLEM.NO_FIELDS);
  assert.equal(after('#separator ab', fields), CONNECTION);
  assert.equal(after(fields, '#separator ab'), PROBLEM.BAD_SEPARATOR);
  assert.equal(after(`${fields}\tmore`), CONNECTION);
  assert.equal(after(`#fields\tmore\t${fields.slice(8)}`), PROBLEM.TOO_SHORT);
});

test('JSON lines say the same as columns, with times as seconds, milliseconds or ISO 8601', () => {
  const record = { ...NAMES, 'id.resp_p': 443, duration: 0.5, orig_bytes: 0 };
  for (const ts of [
    1_700_000_000.25,
    1_700_000_000_250,
    '2023-11-14T22:13:20.250000Z',
    '2023-11-14T23:13:20.25+01:00',
  ]) {
    assert.deepEqual(readJson({ ...record, ts }).told, TOLD, String(ts));
  }
  assert.deepEqual(
    readJson({ ...record, duration: 2.5e-7, ts: '2023-11-14T22:13:20' }).told?.[4],
    1_700_000_000_000.000_2,
  );
  const { duration, orig_bytes, history, ...unset } = record;
  assert.deepEqual(readJson({ ...unset, ts: 1_700_000_000 }).told, [...TOLD.slice(0, 4), 1_700_000_000_000]);
});

test('a line of JSON that is no connection of Zeek is malformed', () => {
  const { reader } = open();
  for (const line of ['{', '{}', '{"a":1}', '{"conn_state":1}', '{"conn_state":"SF"} {}', '{"__proto__":null}']) {
    assert.equal(read(reader, line), PROBLEM.BAD_JSON, line);
  }
  assert.equal(readJson({ ...NAMES, 'id.orig_h': '10.0.0.1\t10.0.0.2' }).verdict, PROBLEM.BAD_JSON);
  assert.equal(readJson({ ...NAMES, 'id.orig_h': ['10.0.0.1', {}] }).verdict, PROBLEM.BAD_SOURCE);
});
