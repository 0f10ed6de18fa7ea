import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OUTCOMES, outcomeCode } from '@connscan/model';
import { readBtf } from '../test/btf.ts';
import { COUNTER_WORDS, FILTER_REASONS, sumCounters } from './counters.ts';
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
  recordRemotePort,
  recordTgid,
  type Words,
} from './record.ts';

const btf = readBtf();

/** How each field reads, given the bytes that the test put where the object's BTF says. */
const READERS: Readonly<Record<string, (words: Words, at: number) => number | Uint8Array>> = {
  ended_ns: (words, at) => Math.round(recordEndedMs(words, at) * 1e6),
  local: (words, at) => recordAddress(words, at, LOCAL_ADDRESS_WORD),
  remote: (words, at) => recordAddress(words, at, REMOTE_ADDRESS_WORD),
  netns: recordNetns,
  tgid: (words, at) => recordTgid(words, at) >>> 0,
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

describe('counters', () => {
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
    assert.equal(sum.filtered.timed_out, both(at.filtered! + FILTER_REASONS.length - 1));
    assert.equal(sum.recursionMisses, 5);
  });
});

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
