import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OUTCOMES, outcomeCode } from '@connscan/model';
import { readBtf } from '../test/btf.ts';
import { COUNTER_WORDS, FILTER_REASONS, sumCounters } from './counters.ts';
import { SETTINGS } from './open-watch.ts';
import { createProcessFinder, PROCESS_BYTES } from './process-table.ts';
import {
  LOCAL_ADDRESS_WORD,
  RECORD_BYTES,
  RECORD_FLAGS,
  REMOTE_ADDRESS_WORD,
  recordAddress,
  recordEndedMs,
  recordFlags,
  recordLifetimeLog2Ms,
  recordLocalPort,
  recordNetns,
  recordOriginatorBytes,
  recordOutcome,
  recordProcess,
  recordRemotePort,
  type Words,
} from './record.ts';
import * as transition from './transition.ts';

const btf = readBtf();

/** How each field reads, given the bytes that the test put where the object's BTF says. */
const READERS: Readonly<Record<string, (words: Words, at: number) => number | Uint8Array>> = {
  ended_ns: (words, at) => Math.round(recordEndedMs(words, at) * 1e6),
  local: (words, at) => recordAddress(words, at, LOCAL_ADDRESS_WORD),
  remote: (words, at) => recordAddress(words, at, REMOTE_ADDRESS_WORD),
  netns: recordNetns,
  process: (words, at) => recordProcess(words, at) >>> 0,
  local_port: recordLocalPort,
  remote_port: recordRemotePort,
  outcome: recordOutcome,
  flags: recordFlags,
  originator_bytes: recordOriginatorBytes,
  lifetime_log2_ms: recordLifetimeLog2Ms,
};

describe('record', () => {
  it('is as long as the object says', () => {
    assert.equal(btf.structBytes('connscan_record'), RECORD_BYTES);
  });

  it('has a reader for every field of the object and no other', () => {
    const names = btf.fields('connscan_record').map((field) => field.name);
    assert.deepEqual(names, Object.keys(READERS));
  });

  for (const { name, offset, bytes } of btf.fields('connscan_record')) {
    it(`reads ${name} from where the object has it`, () => {
      const at = 4;
      const words = new Int32Array(64);
      const view = new Uint8Array(words.buffer, at * 4 + offset, bytes);
      // Every byte with its top bit set, but for the time: a number does not hold all 64 bits of it.
      view.set(name === 'ended_ns' ? [0xf1, 0xf2, 0xf3, 0xf4, 0x05, 0x06] : view.map((_, index) => 0xf0 + index));
      const expected = bytes === 16 ? view.slice() : littleEndian(view);
      assert.deepEqual(READERS[name]!(words, at), expected);
    });
  }

  it('names its outcomes as the model does', () => {
    const names = Object.fromEntries(OUTCOMES.map((name) => [outcomeCode(name), `OUTCOME_${name.toUpperCase()}`]));
    assert.deepEqual(btf.enumNames('connscan_outcome'), { 0: 'OUTCOME_NONE', ...names });
  });

  it('names its flags as the object does', () => {
    const snake = (name: string) => `FLAG_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`;
    const names = Object.fromEntries(Object.entries(RECORD_FLAGS).map(([name, bit]) => [bit, snake(name)]));
    assert.deepEqual(btf.enumNames('connscan_flag'), names);
  });
});

describe('transition', () => {
  const ofRecord = new Map(btf.fields('connscan_record').map((field) => [field.name, field]));
  const readers: Readonly<Record<string, (words: Words, at: number) => number>> = {
    old_state: transition.transitionOldState,
    new_state: transition.transitionNewState,
    flags: transition.transitionFlags,
    err: transition.transitionError,
  };

  it('begins as a record does, and is as long', () => {
    assert.equal(btf.structBytes('connscan_transition'), RECORD_BYTES);
    const [time, ...fields] = btf.fields('connscan_transition').slice(0, -Object.keys(readers).length);
    assert.deepEqual(time, { ...ofRecord.get('ended_ns'), name: 'at_ns' });
    for (const field of fields) assert.deepEqual(field, ofRecord.get(field.name));
  });

  for (const [name, read] of Object.entries(readers)) {
    it(`reads ${name} from where the object has it`, () => {
      const field = btf.fields('connscan_transition').find((each) => each.name === name)!;
      assert.equal(field.bytes, 1);
      const words = new Int32Array(64);
      new Uint8Array(words.buffer)[4 * 4 + field.offset] = 0xf7;
      assert.equal(read(words, 4), 0xf7);
    });
  }
});

describe('process', () => {
  const fields = new Map(btf.fields('connscan_process').map((field) => [field.name, field]));
  const entry = Buffer.alloc(2 * PROCESS_BYTES);
  const find = createProcessFinder(new Int32Array(entry.buffer, entry.byteOffset, entry.length / 4), 2);
  const place = (name: string) =>
    entry.subarray(PROCESS_BYTES + fields.get(name)!.offset).subarray(0, fields.get(name)!.bytes);

  it('reads every field from where the object has it', () => {
    assert.equal(btf.structBytes('connscan_process'), PROCESS_BYTES);
    place('serial').writeBigUInt64LE(0x5_f000_0001n);
    place('started_ns').writeBigUInt64LE(2n ** 63n + 1n);
    place('cgroup_id').writeBigUInt64LE(2n ** 63n + 2n);
    for (const [index, name] of ['tgid', 'parent_tgid', 'uid'].entries()) place(name).writeUInt32LE(2 ** 31 + index);
    place('comm').fill('c');
    place('exe').fill('e');
    assert.deepEqual(find(0xf000_0001 | 0), {
      serial: 0xf000_0001 | 0,
      startedNs: 2n ** 63n + 1n,
      cgroupId: 2n ** 63n + 2n,
      tgid: 2 ** 31,
      parentTgid: 2 ** 31 + 1,
      uid: 2 ** 31 + 2,
      comm: 'c'.repeat(16),
      exe: 'e'.repeat(200),
    });
  });

  it('is unknown once its entry is overwritten or while it is written', () => {
    assert.equal(find(3), undefined);
    place('serial').writeBigUInt64LE(0n);
    assert.equal(find(0xf000_0001 | 0), undefined);
    assert.equal(find(0), undefined);
  });
});

describe('settings', () => {
  it('lie where the object has them', () => {
    const words = Object.entries(SETTINGS).map(([name, word]) => ({
      name: name.replace(/[A-Z]/g, '_$&').toLowerCase(),
      offset: word * 4,
      bytes: 4,
    }));
    assert.deepEqual(btf.fields('connscan_settings'), words);
  });
});

describe('counters', () => {
  it('are kept by each program that counts', () => {
    assert.deepEqual(btf.enumNames('connscan_counter'), { 0: 'COUNTER_STATES', 1: 'COUNTER_RESETS', 2: 'COUNTERS' });
  });

  it('name the filters as the object does', () => {
    const names = Object.fromEntries(FILTER_REASONS.map((name, index) => [index, `FILTER_${name.toUpperCase()}`]));
    assert.deepEqual(btf.enumNames('connscan_filter'), { ...names, [FILTER_REASONS.length]: 'FILTER_REASONS' });
  });

  it('sum over CPUs what lies where the object has it', () => {
    assert.equal(btf.structBytes('connscan_counters'), COUNTER_WORDS * 8);
    const cells = BigUint64Array.from({ length: 2 * COUNTER_WORDS }, (_, index) => BigInt(index));
    const at = Object.fromEntries(btf.fields('connscan_counters').map(({ name, offset }) => [name, offset / 8]));
    const both = (word: number) => 2 * word + COUNTER_WORDS;
    const sum = sumCounters(cells, 5);
    assert.equal(sum.seen, both(at.seen!));
    assert.equal(sum.submitted, both(at.submitted!));
    assert.equal(sum.reserveFailed, both(at.reserve_failed!));
    assert.equal(sum.filtered.transition, both(at.filtered!));
    assert.equal(sum.filtered.rate, both(at.filtered! + FILTER_REASONS.length - 1));
    assert.equal(sum.recursionMisses, 5);
  });
});

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
